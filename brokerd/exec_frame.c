/* SPDX-License-Identifier: ISC */
#include "brokerd/exec_frame.h"

#include <errno.h>
#include <string.h>

void
exec_frame_init(struct exec_frame *f)
{
	memset(f, 0, sizeof(*f));
	buf_init(&f->line, EXEC_LINE_MAX);
}

void
exec_frame_clear(struct exec_frame *f)
{
	buf_clear(&f->line);
	exec_frame_init(f);
}

static int
broken(struct exec_frame *f, int error, const char *cause)
{
	f->cause = cause;
	errno = error;
	return -1;
}

static int
end_line(struct exec_frame *f, const struct exec_frame_ops *ops, void *arg)
{
	struct json_object	*obj;
	int64_t			 bytes = 0;
	const char		*cause;
	bool			 go;

	if ((obj = json_parse(f->line.data, f->line.len, &cause)) == NULL)
		return broken(f, errno, errno == ENOMEM ? "no memory" : cause);
	buf_reset(&f->line);
	if (!json_object_is_type(obj, json_type_object) ||
	    json_get_int(obj, "bytes", 0, EXEC_PCM_MAX, &bytes) == -1 || bytes % 2 != 0) {
		(void)json_object_put(obj);
		return broken(f, EBADMSG, "not an object, or with a wrong \"bytes\"");
	}
	f->pcm_left = (size_t)bytes;
	f->has_odd = false;
	go = ops->message(arg, obj, (size_t)bytes);
	(void)json_object_put(obj);
	return go ? 0 : 1;
}

/* Bytes taken into the line; *ret_rc as exec_frame_feed(). */
static size_t
feed_line(struct exec_frame *f, const char *p, size_t len, const struct exec_frame_ops *ops, void *arg, int *ret_rc)
{
	const char	*nl = memchr(p, '\n', len);
	size_t		 n = nl == NULL ? len : (size_t)(nl - p);

	if (buf_append(&f->line, p, n) == -1) {
		*ret_rc = broken(f, errno, errno == EMSGSIZE ? "line too long" : "no memory");
		return n;
	}
	if (nl == NULL)
		return n;
	*ret_rc = f->line.len == 0 ? 0 : end_line(f, ops, arg);
	return n + 1;
}

static bool
give_pcm(struct exec_frame *f, const uint8_t *p, size_t len, const struct exec_frame_ops *ops, void *arg)
{
	int16_t	 chunk[2048];
	size_t	 n, have;

	while (len > 0) {
		have = 0;
		if (f->has_odd) {
			memcpy(chunk, &f->odd, 1);
			have = 1;
		}
		n = len < sizeof(chunk) - have ? len : sizeof(chunk) - have;
		memcpy((uint8_t *)chunk + have, p, n);
		p += n;
		len -= n;
		have += n;
		f->has_odd = have % 2 != 0;
		if (f->has_odd)
			f->odd = ((uint8_t *)chunk)[have - 1];
		if (have >= 2 && !ops->pcm(arg, chunk, have / 2))
			return false;
	}
	return true;
}

int
exec_frame_feed(struct exec_frame *f, const void *data, size_t len, const struct exec_frame_ops *ops, void *arg)
{
	const uint8_t	*p = data;
	size_t		 n;
	int		 rc = 0;

	while (len > 0) {
		if (f->pcm_left > 0) {
			n = len < f->pcm_left ? len : f->pcm_left;
			f->pcm_left -= n;
			if (!give_pcm(f, p, n, ops, arg))
				return 1;
		} else {
			n = feed_line(f, (const char *)p, len, ops, arg, &rc);
			if (rc != 0)
				return rc;
		}
		p += n;
		len -= n;
	}
	return 0;
}
