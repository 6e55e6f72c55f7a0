/* SPDX-License-Identifier: ISC */
/* Languages that Vonage speaks and understands: spec/vonage.md 10. */
#include <stdio.h>
#include <string.h>

#include "webhookd/actions.h"

static bool
has_word(const char *all, const char *language)
{
	char	word[40];

	(void)snprintf(word, sizeof(word), " %.35s ", language);
	return language[0] != '\0' && strcasestr(all, word) != NULL;
}

bool
actions_talk_speaks(const char *language)
{
	return has_word(" af-ZA ar bg-BG bn-IN ca-ES cmn-CN cmn-TW cs-CZ cy-GB da-DK de-AT de-DE de-ET el-GR en-AU"
	    " en-GB en-GB-SCT en-GB-WLS en-IE en-IN en-NZ en-US en-ZA es-CO es-ES es-MX es-US eu-ES fi-FI"
	    " fil-PH fr-CA fr-FR gl-ES gu-IN he-IL hi-IN hu-HU id-ID is-IS it-IT ja-JP kn-IN ko-KR lv-LV"
	    " ml-IN ms-MY nb-NO nl-BE nl-NL no-NO pa-IN pl-PL pt-BR pt-PT ro-RO ru-RU sk-SK sr-RS sv-SE"
	    " ta-IN te-IN th-TH tr-TR uk-UA vi-VN yue-CN lt-LT mr-IN ", language);
}

bool
actions_speech_hears(const char *language)
{
	return has_word(" af-ZA sq-AL am-ET ar-DZ ar-BH ar-EG ar-IQ ar-IL ar-JO ar-KW ar-LB ar-MA ar-OM ar-QA ar-SA ar-PS ar-TN"
	    " ar-AE hy-AM az-AZ eu-ES bn-BD bn-IN bg-BG ca-ES zh cmn-Hans-CN hr-HR cs-CZ da-DK nl-NL en-AU en-CA en-GH en-IN"
	    " en-IE en-KE en-NZ en-NG en-PH en-ZA en-TZ en-GB en-US fi-FI fr-CA fr-FR gl-ES ka-GE de-DE el-GR gu-IN he-IL hi-IN"
	    " hu-HU is-IS id-ID it-IT ja-JP jv-ID kn-IN km-KH ko-KR lo-LA lv-LV lt-LT ms-MY ml-IN mr-IN ne-NP nb-NO fa-IR pl-PL"
	    " pt-BR pt-PT ro-RO ru-RU sr-RS si-LK sk-SK sl-SI es-AR es-BO es-CL es-CO es-CR es-DO es-EC es-SV es-GT es-HN es-MX"
	    " es-NI es-PA es-PY es-PE es-PR es-ES es-US es-UY es-VE su-ID sw-KE sw-TZ sv-SE ta-IN ta-MY ta-SG ta-LK te-IN th-TH"
	    " tr-TR uk-UA ur-IN ur-PK vi-VN zu-ZA ", language);
}
