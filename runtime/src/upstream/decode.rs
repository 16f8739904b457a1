//! The content coding of an answer (RFC 9110 §8.4): none, or gzip, which is what requests ask for.

use std::io::Write as _;

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};

/// Deflate makes at most 1,032 bytes of one (RFC 1951: 258 bytes of two bits), so that no step makes much more than a MiB
/// before anybody counts.
const STEP: usize = 1024;

/// What an answer's body goes through.
pub(super) enum Decoder {
    Identity,
    Gzip(Option<Box<MultiGzDecoder<Vec<u8>>>>),
}

/// The body is not encoded as its headers say, or it ends too early.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Decoder {
    /// The decoder of an answer. Where it has something to do, the headers say afterwards what they would without it.
    ///
    /// # Errors
    /// The coding, where it is another one.
    pub(super) fn of(headers: &mut HeaderMap) -> Result<Self, String> {
        let mut codings = headers.get_all(header::CONTENT_ENCODING).iter();
        let Some(coding) = codings.next() else { return Ok(Self::Identity) };
        let is = |name: &str| coding.as_bytes().eq_ignore_ascii_case(name.as_bytes());
        // RFC 9110 §8.4.1.3: "x-gzip" is the same.
        match codings.next() {
            None if is("identity") => return Ok(Self::Identity),
            None if is("gzip") || is("x-gzip") => {}
            _ => return Err(String::from_utf8_lossy(coding.as_bytes()).escape_default().to_string()),
        }
        headers.remove(header::CONTENT_ENCODING);
        headers.remove(header::CONTENT_LENGTH);
        Ok(Self::Gzip(None))
    }

    /// Decodes a piece of the body and hands on what there is, step by step.
    ///
    /// # Errors
    /// Those of `take`; `Malformed`.
    pub(super) fn piece<E: From<Malformed>>(
        &mut self,
        piece: Bytes,
        mut take: impl FnMut(Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self::Gzip(decoder) = self else { return take(piece) };
        for step in piece.chunks(STEP) {
            let decoder = decoder.get_or_insert_with(|| Box::new(MultiGzDecoder::new(Vec::new())));
            decoder.write_all(step).and_then(|()| decoder.flush()).map_err(|_| Malformed)?;
            let decoded = std::mem::take(decoder.get_mut());
            if !decoded.is_empty() {
                take(decoded.into())?;
            }
        }
        Ok(())
    }

    /// The body is complete. One without a single byte is empty in any coding.
    ///
    /// # Errors
    /// `Malformed`; those of `take`.
    pub(super) fn end<E: From<Malformed>>(self, mut take: impl FnMut(Bytes) -> Result<(), E>) -> Result<(), E> {
        let Self::Gzip(Some(decoder)) = self else { return Ok(()) };
        let rest = decoder.finish().map_err(|_| Malformed)?;
        if rest.is_empty() { Ok(()) } else { take(rest.into()) }
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn headers(codings: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, "1".parse().unwrap());
        for coding in codings {
            headers.append(header::CONTENT_ENCODING, coding.parse().unwrap());
        }
        headers
    }

    /// All of it, and the longest piece.
    fn decoded(encoded: &[u8], size: usize) -> Result<(Vec<u8>, usize), Malformed> {
        let mut decoder = Decoder::of(&mut headers(&["gzip"])).unwrap();
        let (mut out, mut longest) = (Vec::new(), 0);
        let mut take = |piece: Bytes| {
            longest = longest.max(piece.len());
            out.extend_from_slice(&piece);
            Ok(())
        };
        for piece in encoded.chunks(size) {
            decoder.piece(Bytes::copy_from_slice(piece), &mut take)?;
        }
        decoder.end(&mut take)?;
        Ok((out, longest))
    }

    #[test]
    fn members_come_out_however_they_are_cut() {
        let encoded = [gzip(b"one "), gzip(b""), gzip(b"two")].concat();
        for size in 1..=encoded.len() {
            assert_eq!(decoded(&encoded, size).unwrap().0, b"one two", "pieces of {size}");
        }
        assert_eq!(decoded(b"", 1).unwrap().0, b"");
    }

    #[test]
    fn what_is_cut_changed_or_followed_by_something_is_refused() {
        let encoded = gzip(b"some text");
        for end in 1..encoded.len() {
            assert_eq!(decoded(&encoded[..end], 7), Err(Malformed), "cut at {end}");
        }
        let mut changed = encoded.clone();
        let last = changed.len() - 5;
        changed[last] ^= 1;
        assert_eq!(decoded(&changed, 7), Err(Malformed));
        assert_eq!(decoded(&[encoded.as_slice(), b"more"].concat(), 7), Err(Malformed));
    }

    #[test]
    fn o7_no_step_makes_much_of_little() {
        let bomb = gzip(&vec![0; 64 << 20]);
        let (out, longest) = decoded(&bomb, bomb.len()).unwrap();
        assert_eq!(out.len(), 64 << 20);
        assert!(longest <= 2 << 20, "{longest}");
    }

    #[test]
    fn codings_are_names_without_case_and_one_at_most() {
        for coding in ["gzip", "GZip", "x-gzip"] {
            let mut headers = headers(&[coding]);
            assert!(matches!(Decoder::of(&mut headers), Ok(Decoder::Gzip(None))), "{coding}");
            assert!(headers.is_empty(), "{headers:?}");
        }
        for codings in [&[][..], &["identity"]] {
            let mut headers = headers(codings);
            assert!(matches!(Decoder::of(&mut headers), Ok(Decoder::Identity)));
            assert!(headers.contains_key(header::CONTENT_LENGTH));
        }
        for codings in [&["br"][..], &["gzip, gzip"], &["gzip", "gzip"], &["identity", "br"]] {
            assert!(Decoder::of(&mut headers(codings)).is_err(), "{codings:?}");
        }
    }
}
