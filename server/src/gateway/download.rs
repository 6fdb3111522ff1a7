//! A bill on its way from WeChat: chunks of text, unpacked as they come, never kept.

use std::io::Write;

use bytes::Bytes;
use flate2::write::GzDecoder;
use futures_util::stream::{self, BoxStream, StreamExt};
use wxpay_core::messages::download_bill::DownloadError;

use super::{Doubt, GatewayError};

/// What gzip files begin with.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Packed bytes unpacked at a time: at most some thousand times as many come out.
const PACKED_STEP: usize = 4 * 1024;
/// The largest bill, unpacked. A million rows have some 400 MB.
const MAX_BYTES: u64 = 8 << 30;

/// The text of a bill. Not signed: only a summary that agrees with the rows says that it is whole.
pub struct Download {
    wire: BoxStream<'static, Result<Bytes, GatewayError>>,
    unpack: Option<GzDecoder<Vec<u8>>>,
    packed: Bytes,
    total_bytes: Option<u64>,
    received_bytes: u64,
    text_bytes: u64,
}

/// Why there is no bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchError {
    /// WeChat was not reached, not understood, or broke off. Asking again is safe.
    Gateway(GatewayError),
    /// WeChat's answer.
    NoBill(DownloadError),
}

impl Download {
    /// A bill whose first bytes are `first`; gzip is known by them. `total_bytes` is what WeChat announced.
    pub fn new(
        first: Bytes,
        rest: impl futures_util::Stream<Item = Result<Bytes, GatewayError>> + Send + 'static,
        total_bytes: Option<u64>,
    ) -> Self {
        let unpack = first.starts_with(&GZIP).then(|| GzDecoder::new(Vec::new()));
        Self {
            wire: stream::once(async { Ok(first) }).chain(rest).fuse().boxed(),
            unpack,
            packed: Bytes::new(),
            total_bytes,
            received_bytes: 0,
            text_bytes: 0,
        }
    }

    /// Bytes as they were sent, so far.
    pub const fn received_bytes(&self) -> u64 {
        self.received_bytes
    }

    /// Bytes that will be sent, when WeChat said so.
    pub const fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// The next piece of text; `None` at the end.
    ///
    /// # Errors
    /// [`GatewayError`] when the rest does not come, or does not unpack.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, GatewayError> {
        loop {
            let Some(text) = self.step().await? else { return Ok(None) };
            self.text_bytes += text.len() as u64;
            if self.text_bytes > MAX_BYTES {
                return Err(GatewayError::Unknown(Doubt::TooLarge));
            }
            if !text.is_empty() {
                return Ok(Some(text));
            }
        }
    }

    async fn step(&mut self) -> Result<Option<Bytes>, GatewayError> {
        if self.packed.is_empty() {
            match self.wire.next().await.transpose()? {
                Some(bytes) => {
                    self.received_bytes += bytes.len() as u64;
                    self.packed = bytes;
                }
                None => return self.unpacked_end(),
            }
        }
        let Some(unpack) = &mut self.unpack else {
            return Ok(Some(std::mem::take(&mut self.packed)));
        };
        let part = self.packed.split_to(self.packed.len().min(PACKED_STEP));
        // Also fails when something follows the end.
        unpack.write_all(&part).map_err(|error| damaged(&error))?;
        Ok(Some(std::mem::take(unpack.get_mut()).into()))
    }

    /// A packed bill ends with its length and checksum, which are compared here.
    fn unpacked_end(&mut self) -> Result<Option<Bytes>, GatewayError> {
        let Some(unpack) = self.unpack.take() else { return Ok(None) };
        unpack.finish().map(|text| Some(text.into())).map_err(|error| damaged(&error))
    }
}

fn damaged(error: &std::io::Error) -> GatewayError {
    GatewayError::Unknown(Doubt::Broken { detail: format!("gzip: {error}") })
}

impl From<GatewayError> for FetchError {
    fn from(error: GatewayError) -> Self {
        Self::Gateway(error)
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Download").field("total_bytes", &self.total_bytes).finish_non_exhaustive()
    }
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Gateway(error) => error.fmt(f),
            Self::NoBill(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FetchError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test ends with a panic")]

    use super::*;

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut pack = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        pack.write_all(text).unwrap();
        pack.finish().unwrap()
    }

    async fn read(bytes: Vec<u8>, step: usize) -> Result<Vec<u8>, GatewayError> {
        let mut chunks: Vec<_> = bytes.chunks(step).map(Bytes::copy_from_slice).collect();
        let first = chunks.remove(0);
        let mut download = Download::new(
            first,
            stream::iter(chunks.into_iter().map(Ok)),
            Some(bytes.len() as u64),
        );
        let mut text = Vec::new();
        while let Some(chunk) = download.chunk().await? {
            text.extend_from_slice(&chunk);
        }
        assert_eq!(Some(download.received_bytes()), download.total_bytes());
        Ok(text)
    }

    #[tokio::test]
    async fn packed_and_plain_bills_give_the_same_text() {
        let text: Vec<u8> = (0..40_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        for step in [2, 4_097, 1 << 20] {
            assert_eq!(read(text.clone(), step).await.unwrap(), text);
            assert_eq!(read(packed(&text), step).await.unwrap(), text);
        }
    }

    #[tokio::test]
    async fn a_packed_bill_that_is_cut_changed_or_longer_is_an_error() {
        let whole = packed(b"one row, and one row more, and one row more");
        let mut changed = whole.clone();
        let at = changed.len() - 6;
        *changed.get_mut(at).unwrap() ^= 1;
        let longer = [whole.as_slice(), b"more"].concat();
        for cut in 2..whole.len() {
            assert!(read(whole.get(..cut).unwrap().to_vec(), 7).await.is_err(), "cut at {cut}");
        }
        assert!(read(changed, 7).await.is_err());
        assert!(read(longer, 7).await.is_err());
    }
}
