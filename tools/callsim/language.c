/* SPDX-License-Identifier: ISC */
#include "tools/callsim/language.h"

#include <stddef.h>
#include <string.h>

static const char *const spoken[] = {
	"af-ZA", "ar", "bg-BG", "bn-IN", "ca-ES", "cmn-CN", "cmn-TW", "cs-CZ", "cy-GB", "da-DK", "de-AT",
	"de-DE", "de-ET", "el-GR", "en-AU", "en-GB", "en-GB-SCT", "en-GB-WLS", "en-IE", "en-IN", "en-NZ",
	"en-US", "en-ZA", "es-CO", "es-ES", "es-MX", "es-US", "eu-ES", "fi-FI", "fil-PH", "fr-CA", "fr-FR",
	"gl-ES", "gu-IN", "he-IL", "hi-IN", "hu-HU", "id-ID", "is-IS", "it-IT", "ja-JP", "kn-IN", "ko-KR",
	"lt-LT", "lv-LV", "ml-IN", "mr-IN", "ms-MY", "nb-NO", "nl-BE", "nl-NL", "no-NO", "pa-IN", "pl-PL",
	"pt-BR", "pt-PT", "ro-RO", "ru-RU", "sk-SK", "sr-RS", "sv-SE", "ta-IN", "te-IN", "th-TH", "tr-TR",
	"uk-UA", "vi-VN", "yue-CN",
};
static const char *const understood[] = {
	"af-ZA", "sq-AL", "am-ET", "ar-DZ", "ar-BH", "ar-EG", "ar-IQ", "ar-IL", "ar-JO", "ar-KW", "ar-LB",
	"ar-MA", "ar-OM", "ar-QA", "ar-SA", "ar-PS", "ar-TN", "ar-AE", "hy-AM", "az-AZ", "eu-ES", "bn-BD",
	"bn-IN", "bg-BG", "ca-ES", "zh", "cmn-Hans-CN", "hr-HR", "cs-CZ", "da-DK", "nl-NL", "en-AU", "en-CA",
	"en-GH", "en-IN", "en-IE", "en-KE", "en-NZ", "en-NG", "en-PH", "en-ZA", "en-TZ", "en-GB", "en-US",
	"fi-FI", "fr-CA", "fr-FR", "gl-ES", "ka-GE", "de-DE", "el-GR", "gu-IN", "he-IL", "hi-IN", "hu-HU",
	"is-IS", "id-ID", "it-IT", "ja-JP", "jv-ID", "kn-IN", "km-KH", "ko-KR", "lo-LA", "lv-LV", "lt-LT",
	"ms-MY", "ml-IN", "mr-IN", "ne-NP", "nb-NO", "fa-IR", "pl-PL", "pt-BR", "pt-PT", "ro-RO", "ru-RU",
	"sr-RS", "si-LK", "sk-SK", "sl-SI", "es-AR", "es-BO", "es-CL", "es-CO", "es-CR", "es-DO", "es-EC",
	"es-SV", "es-GT", "es-HN", "es-MX", "es-NI", "es-PA", "es-PY", "es-PE", "es-PR", "es-ES", "es-US",
	"es-UY", "es-VE", "su-ID", "sw-KE", "sw-TZ", "sv-SE", "ta-IN", "ta-MY", "ta-SG", "ta-LK", "te-IN",
	"th-TH", "tr-TR", "uk-UA", "ur-IN", "ur-PK", "vi-VN", "zu-ZA",
};

static bool
listed(const char *const *codes, size_t count, const char *code)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

bool
language_spoken(const char *code)
{
	return listed(spoken, sizeof(spoken) / sizeof(spoken[0]), code);
}

bool
language_understood(const char *code)
{
	return listed(understood, sizeof(understood) / sizeof(understood[0]), code);
}
