/* SPDX-License-Identifier: ISC */
/*
 * actions: every NCCO action and option of spec/vonage.md 3, as a table. Pure.
 *
 * A template may have "${name}" where a value is wanted: what is not known yet
 * is not judged. What was rendered is judged again before it is sent.
 */
#ifndef WEBHOOKD_ACTIONS_H
#define WEBHOOKD_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

#define ACTIONS_TALK_MAX	1500	/* characters of talk's text without SSML tags (spec/vonage.md 3.1) */
#define ACTIONS_TEXT_MAX	15000	/* characters that are split into several talks; more is refused */

struct actions_report {
	void	(*fn)(void *arg, bool warning, const char *path, const char *text);	/* path: "/2/dtmf/timeOut" in the NCCO */
	void	*arg;
	size_t	 errors;
};
/* Check all actions. template_: variables and "when" are allowed, eventUrl may be missing. */
void	actions_check(struct json_object *ncco, bool template_, struct actions_report *r);
/* Check one action that is to be sent; why gets the cause. */
bool	actions_valid(struct json_object *action, char *why, size_t size);
/* Where a number or true/false is wanted and a text is one, make it one. */
void	actions_fit(struct json_object *action);
/*
 * Take bargeIn from what may not have it: behind a talk the next action that is no talk must be an input, behind a
 * stream the next that is no stream; else Vonage refuses the whole NCCO (spec/vonage.md 3.1, NCCO reference).
 * A talk of our own voice is a stream: of "Farsi, English, input" only the English can be interrupted.
 */
void	actions_fit_barge_in(struct json_object *ncco);
/* The call waits in this action for somebody or something. */
bool	actions_waits(struct json_object *action);
/* Characters that Vonage counts: SSML tags are not. */
size_t	actions_talk_chars(const char *text);

#endif
