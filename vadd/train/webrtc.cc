/* SPDX-License-Identifier: ISC */
// WebRTC's VAD, for comparison only, where Debian's libwebrtc-audio-processing-dev is installed.
#include <cstring>

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

extern "C" {
void *webrtc_new(void);
void webrtc_free(void *vad);
int webrtc_speech(void *vad, const int16_t *samples80);
}

void *
webrtc_new(void)
{
	webrtc::AudioProcessing	*ap = webrtc::AudioProcessing::Create();

	if (ap == nullptr)
		return nullptr;
	ap->voice_detection()->set_likelihood(webrtc::VoiceDetection::kLowLikelihood);	/* its mode 2 */
	ap->voice_detection()->Enable(true);
	return ap;
}

void
webrtc_free(void *vad)
{
	delete static_cast<webrtc::AudioProcessing *>(vad);
}

int
webrtc_speech(void *vad, const int16_t *samples80)
{
	webrtc::AudioProcessing	*ap = static_cast<webrtc::AudioProcessing *>(vad);
	webrtc::AudioFrame	 frame;

	frame.sample_rate_hz_ = 8000;
	frame.num_channels_ = 1;
	frame.samples_per_channel_ = 80;
	std::memcpy(frame.data_, samples80, 80 * sizeof(*samples80));
	if (ap->ProcessStream(&frame) != 0)
		return 0;
	return ap->voice_detection()->stream_has_voice() ? 1 : 0;
}
