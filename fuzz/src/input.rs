//! Bytes that are taken one after the other; where there are no more, what is taken is empty.

/// The rest of an input.
pub(super) struct Input<'d>(pub(super) &'d [u8]);

impl<'d> Input<'d> {
    pub(super) fn byte(&mut self) -> u8 {
        let (byte, rest) = self.0.split_first().map_or((0, self.0), |(byte, rest)| (*byte, rest));
        self.0 = rest;
        byte
    }

    pub(super) fn take(&mut self, length: usize) -> &'d [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// Takes a byte that says how many follow, and these.
    pub(super) fn chunk(&mut self) -> &'d [u8] {
        let length = self.byte();
        self.take(usize::from(length))
    }

    /// Takes a chunk as text that a header can hold: what is none becomes `x`.
    pub(super) fn words(&mut self) -> String {
        let text = String::from_utf8_lossy(self.chunk());
        text.chars().map(|char| if char.is_control() { 'x' } else { char }).collect()
    }

    /// Takes a chunk as a token of HTTP, never an empty one.
    pub(super) fn token(&mut self) -> String {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let token: String = self.chunk().iter().filter(|byte| is_token(**byte)).map(|byte| char::from(*byte)).collect();
        if token.is_empty() { "x".into() } else { token }
    }
}

/// Cuts a text at its first line break.
pub(super) fn first_line(data: &[u8]) -> Option<(&str, &[u8])> {
    let at = data.iter().position(|byte| *byte == b'\n')?;
    Some((str::from_utf8(&data[..at]).ok()?, &data[at + 1..]))
}

/// Writes a text in quotes, as headers have it.
pub(super) fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Returns the parts of two texts that lie between what they have in common at both ends.
pub(super) fn middles<'t>(old: &'t str, new: &'t str) -> (usize, &'t str, &'t str) {
    let start = old.bytes().zip(new.bytes()).take_while(|(one, other)| one == other).count();
    let start = (0..=start).rev().find(|at| old.is_char_boundary(*at) && new.is_char_boundary(*at)).unwrap_or_default();
    let (one, other) = (&old[start..], &new[start..]);
    let end = one.bytes().rev().zip(other.bytes().rev()).take_while(|(one, other)| one == other).count();
    let fits = |end: &usize| one.is_char_boundary(one.len() - end) && other.is_char_boundary(other.len() - end);
    let end = (0..=end).rev().find(fits).unwrap_or_default();
    (start, &one[..one.len() - end], &other[..other.len() - end])
}
