//! A layer of an image: a tar archive with one file.

/// How long each part of an archive is.
const BLOCK: usize = 512;

/// Packs one file in the [ustar format](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html), with no
/// time and no owner, so that the same text makes the same bytes.
pub(super) fn with_file(path: &str, text: &str) -> Vec<u8> {
    let mut header = [0_u8; BLOCK];
    let mut put = |at: usize, field: &[u8]| {
        for (slot, byte) in header[at..].iter_mut().zip(field) {
            *slot = *byte;
        }
    };
    put(0, path.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{:011o}\0", text.len()).as_bytes());
    put(136, b"00000000000\0");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut archive = header.to_vec();
    archive.extend(text.as_bytes());
    // The file is filled up to a whole block, and two empty ones are the end.
    archive.resize(archive.len().next_multiple_of(BLOCK) + 2 * BLOCK, 0);
    archive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_whole_blocks_whose_header_sums_up() {
        let archive = with_file("srv/index.html", "hello");
        assert_eq!(archive.len(), 4 * BLOCK);
        assert_eq!(&archive[BLOCK..BLOCK + 5], b"hello");
        let told = std::str::from_utf8(&archive[148..154]).unwrap();
        let blank = archive[..BLOCK].iter().enumerate().map(|(at, byte)| match at {
            148..156 => u32::from(b' '),
            _ => u32::from(*byte),
        });
        assert_eq!(u32::from_str_radix(told, 8).unwrap(), blank.sum::<u32>());
    }
}
