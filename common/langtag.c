/* SPDX-License-Identifier: ISC */
#include "common/langtag.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool
has_word(const char *all, const char *language)
{
	char	word[40];

	(void)snprintf(word, sizeof(word), " %.35s ", language);
	return language[0] != '\0' && strcasestr(all, word) != NULL;
}

static const char	spoken[] =
    " af-ZA ar bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE de-ET el-GR en-AU"
    " en-GB en-GB-SCT en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-CO es-ES es-MX es-US eu-ES fi-FI"
    " fil-PH fr-CA fr-FR gl-ES gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV"
    " ml-IN ms-MY nb-NO nl-BE nl-NL no-NO pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE"
    " ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-CN lt-LT mr-IN ";
static const char	heard[] =
    " af-ZA sq-AL am-ET ar-DZ ar-BH ar-EG ar-IQ ar-IL ar-JO ar-KW ar-LB ar-MA ar-OM ar-QA ar-SA ar-PS ar-TN"
    " ar-AE hy-AM az-AZ eu-ES bn-BD bn-IN bg-BG ca-ES zh cmn-Hans-CN hr-HR cs-CZ da-DK nl-NL en-AU en-CA en-GH en-IN"
    " en-IE en-KE en-NZ en-NG en-PH en-ZA en-TZ en-GB en-US fi-FI fr-CA fr-FR gl-ES ka-GE de-DE el-GR gu-IN he-IL hi-IN"
    " hu-HU is-IS id-ID it-IT ja-JP jv-ID kn-IN km-KH ko-KR lo-LA lv-LV lt-LT ms-MY ml-IN mr-IN ne-NP nb-NO fa-IR pl-PL"
    " pt-BR pt-PT ro-RO ru-RU sr-RS si-LK sk-SK sl-SI es-AR es-BO es-CL es-CO es-CR es-DO es-EC es-SV es-GT es-HN es-MX"
    " es-NI es-PA es-PY es-PE es-PR es-ES es-US es-UY es-VE su-ID sw-KE sw-TZ sv-SE ta-IN ta-MY ta-SG ta-LK te-IN th-TH"
    " tr-TR uk-UA ur-IN ur-PK vi-VN zu-ZA ";

/* NULL: it has none, or needs no region ("ar" is a voice, "zh" is understood). */
static const struct { const char *language, *spoken, *heard; } regions[] = {
	{ "af", "af-ZA", "af-ZA" }, { "am", NULL, "am-ET" }, { "ar", NULL, "ar-EG" }, { "az", NULL, "az-AZ" },
	{ "bg", "bg-BG", "bg-BG" }, { "bn", "bn-IN", "bn-BD" }, { "ca", "ca-ES", "ca-ES" },
	{ "cmn", "cmn-CN", "cmn-Hans-CN" }, { "cs", "cs-CZ", "cs-CZ" }, { "cy", "cy-GB", NULL }, { "da", "da-DK", "da-DK" },
	{ "de", "de-DE", "de-DE" }, { "el", "el-GR", "el-GR" }, { "en", "en-US", "en-US" }, { "es", "es-ES", "es-ES" },
	{ "eu", "eu-ES", "eu-ES" }, { "fa", NULL, "fa-IR" }, { "fi", "fi-FI", "fi-FI" }, { "fil", "fil-PH", NULL },
	{ "fr", "fr-FR", "fr-FR" }, { "gl", "gl-ES", "gl-ES" }, { "gu", "gu-IN", "gu-IN" }, { "he", "he-IL", "he-IL" },
	{ "hi", "hi-IN", "hi-IN" }, { "hr", NULL, "hr-HR" }, { "hu", "hu-HU", "hu-HU" }, { "hy", NULL, "hy-AM" },
	{ "id", "id-ID", "id-ID" }, { "is", "is-IS", "is-IS" }, { "it", "it-IT", "it-IT" }, { "ja", "ja-JP", "ja-JP" },
	{ "jv", NULL, "jv-ID" }, { "ka", NULL, "ka-GE" }, { "km", NULL, "km-KH" }, { "kn", "kn-IN", "kn-IN" },
	{ "ko", "ko-KR", "ko-KR" }, { "lo", NULL, "lo-LA" }, { "lt", "lt-LT", "lt-LT" }, { "lv", "lv-LV", "lv-LV" },
	{ "ml", "ml-IN", "ml-IN" }, { "mr", "mr-IN", "mr-IN" }, { "ms", "ms-MY", "ms-MY" }, { "nb", "nb-NO", "nb-NO" },
	{ "ne", NULL, "ne-NP" }, { "nl", "nl-NL", "nl-NL" }, { "no", "no-NO", "nb-NO" }, { "pa", "pa-IN", NULL },
	{ "pl", "pl-PL", "pl-PL" }, { "pt", "pt-BR", "pt-BR" }, { "ro", "ro-RO", "ro-RO" }, { "ru", "ru-RU", "ru-RU" },
	{ "si", NULL, "si-LK" }, { "sk", "sk-SK", "sk-SK" }, { "sl", NULL, "sl-SI" }, { "sq", NULL, "sq-AL" },
	{ "sr", "sr-RS", "sr-RS" }, { "su", NULL, "su-ID" }, { "sv", "sv-SE", "sv-SE" }, { "sw", NULL, "sw-TZ" },
	{ "ta", "ta-IN", "ta-IN" }, { "te", "te-IN", "te-IN" }, { "th", "th-TH", "th-TH" }, { "tr", "tr-TR", "tr-TR" },
	{ "uk", "uk-UA", "uk-UA" }, { "ur", NULL, "ur-PK" }, { "vi", "vi-VN", "vi-VN" }, { "yue", "yue-CN", NULL },
	{ "zh", "cmn-CN", NULL }, { "zu", NULL, "zu-ZA" },
};

const char *
langtag_spoken(const char *language)
{
	size_t	i;

	if (has_word(spoken, language))
		return language;
	for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (strcasecmp(regions[i].language, language) == 0)
			return regions[i].spoken;
	return NULL;
}

const char *
langtag_heard(const char *language)
{
	size_t	i;

	if (has_word(heard, language))
		return language;
	for (i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		if (strcasecmp(regions[i].language, language) == 0)
			return regions[i].heard;
	return NULL;
}
