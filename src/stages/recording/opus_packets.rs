//! Opus packets that come one by one, without a file around them.
use symphonia::core::{
    audio::layouts::CHANNEL_LAYOUT_MONO,
    codecs::{
        audio::{
            AudioCodecParameters, AudioDecoder, AudioDecoderOptions, well_known::CODEC_ID_OPUS,
        },
        registry::RegisterableAudioDecoder,
    },
    errors::Error,
    packet::PacketRef,
    units::{Duration, Timestamp},
};
use symphonia_adapter_libopus::OpusDecoder;

use super::tracks::OPUS_RATE;

/// A decoder of one channel at 48 kHz.
pub(in crate::stages) struct OpusPackets(Box<dyn AudioDecoder>);

impl OpusPackets {
    pub(in crate::stages) fn new() -> Result<OpusPackets, Error> {
        let mut codec = AudioCodecParameters::new();
        codec
            .for_codec(CODEC_ID_OPUS)
            .with_sample_rate(OPUS_RATE as u32)
            .with_channels(CHANNEL_LAYOUT_MONO);
        OpusDecoder::try_registry_new(&codec, &AudioDecoderOptions::default()).map(OpusPackets)
    }

    pub(in crate::stages) fn decode(&mut self, packet: &[u8]) -> Result<Vec<f32>, Error> {
        let packet = PacketRef::new(0, Timestamp::default(), Duration::default(), packet);
        let decoded = self.0.decode_ref(&packet)?;
        let mut samples = Vec::new();
        decoded.copy_to_vec_interleaved::<f32>(&mut samples);
        Ok(samples)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_of_silence_is_as_long_as_its_head_says_and_garbage_is_refused() {
        let mut packets = OpusPackets::new().unwrap();
        // CELT, full band, 20 ms, one frame; nothing in it.
        let samples = packets.decode(&[0xF8, 0xFF, 0xFE]).unwrap();
        assert_eq!(samples.len(), 960);
        assert!(samples.iter().all(|it| it.abs() < 1e-3));
        assert!(packets.decode(&[0xFB]).is_err());
        assert_eq!(packets.decode(&[0xF8, 0xFF, 0xFE]).unwrap().len(), 960);
    }
}
