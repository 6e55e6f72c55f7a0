/* SPDX-License-Identifier: ISC */
/* What a text costs: the alphabets of SMS (GSM 03.38, UCS-2). Pure. */
#include "tools/callsim/simsms.h"

#include <string.h>

#include "common/utf8.h"

static const char basic[] =
    "@\xc2\xa3$\xc2\xa5\xc3\xa8\xc3\xa9\xc3\xb9\xc3\xac\xc3\xb2\xc3\x87\n\xc3\x98\xc3\xb8\r\xc3\x85\xc3\xa5"
    "\xce\x94_\xce\xa6\xce\x93\xce\x9b\xce\xa9\xce\xa0\xce\xa8\xce\xa3\xce\x98\xce\x9e\xc3\x86\xc3\xa6"
    "\xc3\x9f\xc3\x89 !\"#\xc2\xa4%&'()*+,-./0123456789:;<=>?\xc2\xa1"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ\xc3\x84\xc3\x96\xc3\x91\xc3\x9c\xc2\xa7\xc2\xbf"
    "abcdefghijklmnopqrstuvwxyz\xc3\xa4\xc3\xb6\xc3\xb1\xc3\xbc\xc3\xa0";
static const char extension[] = "^{}\\[~]|\xe2\x82\xac\f";	/* two septets each */

/* Is the character of len bytes in the alphabet? Its UTF-8 never lies inside another's. */
static bool
in_alphabet(const char *alphabet, const char *c, size_t len)
{
	return memmem(alphabet, strlen(alphabet), c, len) != NULL;
}

bool
simsms_is_gsm(const char *text)
{
	size_t	left = strlen(text), n;

	for (; left > 0; text += n, left -= n)
		if ((n = utf8_char_len(text, left)) == 0 ||
		    (!in_alphabet(basic, text, n) && !in_alphabet(extension, text, n)))
			return false;
	return true;
}

unsigned
simsms_segments(const char *text, bool gsm)
{
	size_t	left = strlen(text), n, units = 0;
	size_t	one = gsm ? 160 : 70, each = gsm ? 153 : 67;

	for (; left > 0; text += n, left -= n) {
		if ((n = utf8_char_len(text, left)) == 0)
			n = 1;
		if (gsm)
			units += in_alphabet(extension, text, n) ? 2 : 1;
		else
			units += n == 4 ? 2 : 1;	/* a surrogate pair */
	}
	return units <= one ? 1 : (unsigned)((units + each - 1) / each);
}
