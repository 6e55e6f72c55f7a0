/* SPDX-License-Identifier: ISC */
/* The words of a caller: whatever is said, the slots stay in their ranges. */
#include "brokerd/engines/understand.h"
#include "common/mem.h"
#include "tests/fuzz/must.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct understood	 u;
	char			*text;

	must((text = mem_strndup((const char *)data, size)) != NULL, "no memory");
	memset(&u, 0xee, sizeof(u));
	understand(text, &u);
	must(u.intent >= INTENT_NONE && u.intent <= INTENT_DETAIL, "no such intent");
	must(u.people >= 0 && u.people <= 99, "too many people");
	must(u.number >= 0 && u.number <= 99, "a number out of range");
	must(u.minute >= -1 && u.minute < 24 * 60, "no time of the day");
	must_end(u.day, sizeof(u.day), "an endless day");
	must(u.intent != INTENT_DETAIL || u.people > 0 || u.number > 0 || u.minute >= 0 || u.day[0] != '\0',
	    "a detail without one");
	free(text);
	return 0;
}
