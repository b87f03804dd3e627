//! What a git server says, in packet lines.

use embark_gitops::testing::{hear, hear_of_push, unpack};

use super::input::Input;

const NAMES: [&str; 2] = ["refs/heads/main", "refs/embark/ledger"];

/// Only refs that were asked for are told, and no push has arrived whose refs the server does not name.
pub fn pkt_lines(data: &[u8]) {
    let mut input = Input(data);
    let choice = input.byte();
    let said = if choice & 2 == 0 { input.0.to_vec() } else { framed(input.0) };
    if choice % 2 == 0 {
        let Ok((refs, pack)) = hear(&said, &NAMES) else { return };
        for (name, id) in &refs {
            assert!(NAMES.contains(&name.as_str()), "{name:?}");
            assert!(id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id:?}");
        }
        let _ = unpack(&pack, &[], 1 << 16, 1 << 20);
    } else if hear_of_push(&said, &NAMES).is_ok() {
        for name in NAMES {
            let line = format!("ok {name}");
            assert!(said.windows(line.len()).any(|part| part == line.as_bytes()), "{name} has not moved");
        }
    }
}

/// Frames each line as a packet: so a change of one does not break all. A line of four digits stays as it is.
fn framed(lines: &[u8]) -> Vec<u8> {
    let mut said = Vec::new();
    for line in lines.split_inclusive(|byte| *byte == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        if matches!(bare, b"0000" | b"0001" | b"0002") {
            said.extend_from_slice(bare);
        } else {
            let line = &line[..line.len().min(65_515)];
            said.extend_from_slice(format!("{:04x}", line.len() + 4).as_bytes());
            said.extend_from_slice(line);
        }
    }
    said
}
