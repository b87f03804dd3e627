//! Packs and deltas, written and read a second time, as plainly as can be.

/// Makes an object of its base and the [instructions](https://git-scm.com/docs/pack-format#_deltified_representation).
pub(super) fn apply(base: &[u8], instructions: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut bytes = instructions.iter().copied();
    let (from, to) = (size(&mut bytes)?, size(&mut bytes)?);
    if from != base.len() as u128 || to > limit as u128 {
        return None;
    }
    let mut made = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte & 0x80 == 0 {
            if byte == 0 {
                return None;
            }
            for _ in 0..byte {
                made.push(bytes.next()?);
            }
        } else {
            let (mut start, mut length) = (0_usize, 0_usize);
            for bit in 0..4 {
                start |= if byte & 1 << bit == 0 { 0 } else { usize::from(bytes.next()?) << (8 * bit) };
            }
            for bit in 0..3 {
                length |= if byte & 0x10 << bit == 0 { 0 } else { usize::from(bytes.next()?) << (8 * bit) };
            }
            let length = if length == 0 { 0x10000 } else { length };
            for at in start..start + length {
                made.push(*base.get(at)?);
            }
        }
        if made.len() as u128 > to {
            return None;
        }
    }
    (made.len() as u128 == to).then_some(made)
}

/// Reads a size; one of more than nine bytes is taken for none.
fn size(bytes: &mut impl Iterator<Item = u8>) -> Option<u128> {
    let mut size = 0;
    for place in 0..9 {
        let byte = bytes.next()?;
        size += u128::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Some(size);
        }
    }
    None
}

/// Writes the head of an entry: its kind, and how long it says it is.
pub(super) fn head(kind: u8, size: usize) -> Vec<u8> {
    let mut head = vec![kind << 4 | low(size, 4)];
    let mut rest = size >> 4;
    while rest > 0 {
        if let Some(last) = head.last_mut() {
            *last |= 0x80;
        }
        head.push(low(rest, 7));
        rest >>= 7;
    }
    head
}

/// Writes how far behind an entry its base is.
pub(super) fn distance(distance: usize) -> Vec<u8> {
    let mut bytes = vec![low(distance, 7)];
    let mut rest = distance >> 7;
    while rest > 0 {
        rest -= 1;
        bytes.insert(0, 0x80 | low(rest, 7));
        rest >>= 7;
    }
    bytes
}

fn low(number: usize, bits: u32) -> u8 {
    number.to_le_bytes()[0] & ((1 << bits) - 1)
}

/// Writes a [zlib stream](https://www.rfc-editor.org/rfc/rfc1950) of one block that is stored as it is.
pub(super) fn zlib(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("a short one");
    let (mut one, mut two) = (1_u32, 0_u32);
    for byte in data {
        one = (one + u32::from(*byte)) % 65_521;
        two = (two + one) % 65_521;
    }
    let head = [&[0x78, 0x01, 0x01][..], &length.to_le_bytes(), &(!length).to_le_bytes()].concat();
    [&head, data, &(two << 16 | one).to_be_bytes()].concat()
}
