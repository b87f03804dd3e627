//! The bytes of a file, as git has them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::client::{Client, Permission};
use crate::error::Error;

#[derive(Deserialize)]
struct Blob {
    content: String,
    encoding: String,
}

/// Returns [git's id](https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_object_storage) of these bytes as a file.
pub(super) fn id(bytes: &[u8]) -> Option<String> {
    let mut hasher = sha1dc::Hasher::new();
    hasher.update(format!("blob {}\0", bytes.len()).as_bytes());
    hasher.update(bytes);
    // One that is made to collide is none.
    hasher.finalize().ok().map(|digest| digest.to_string())
}

/// Gets [the bytes of a file](https://docs.github.com/en/rest/git/blobs#get-a-blob) by git's id.
pub(super) async fn get(client: &Client, oid: &str) -> Result<Vec<u8>, Error> {
    let url = client.url(&["git", "blobs", oid]);
    let absent = || Error::Malformed(format!("it does not have the file {oid} that a commit has"));
    let blob: Blob = client.get(url, Permission::Contents).await?.ok_or_else(absent)?.parse("file")?;
    let bytes = match blob.encoding.as_str() {
        "base64" => STANDARD.decode(blob.content.split_ascii_whitespace().collect::<String>()).ok(),
        "utf-8" => Some(blob.content.into_bytes()),
        _ => None,
    };
    let is_meant = |bytes: &Vec<u8>| id(bytes).as_deref() == Some(oid);
    bytes.filter(is_meant).ok_or_else(|| Error::Malformed(format!("what it sends is not the file {oid}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_git() {
        assert_eq!(id(b"").as_deref(), Some("e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"));
        assert_eq!(id(b"hello\n").as_deref(), Some("ce013625030ba8dba906f756967f9e9ca394464a"));
    }
}
