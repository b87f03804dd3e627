//! Arguments of a shell, as they can be pasted.

/// Writes an argument so that a POSIX shell takes it for one word.
pub(crate) fn shell(argument: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-/:=@%+,".contains(&byte);
    if !argument.is_empty() && argument.bytes().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_act_on_is_quoted() {
        assert_eq!(shell("frontend=ghcr.io/acme/web"), "frontend=ghcr.io/acme/web");
        assert_eq!(shell("a.tag=images[name=web].newTag"), "'a.tag=images[name=web].newTag'");
        assert_eq!(shell("it's"), r"'it'\''s'");
    }
}
