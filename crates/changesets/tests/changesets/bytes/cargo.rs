//! A workspace of Cargo with dotted keys, both kinds of quotes, and two packages of one name in the lock.

use super::edited::{Places, assert_versioned};

const ROOT: Places = &[
    ("version = '«4.17.3»' # x-release-marker", "4.18.0"),
    ("shop-api.version = \"«4.17.3»\"", "4.18.0"),
    ("shop-web = { version = '«=4.17.3»'", "=4.18.0"),
    ("version = \"\"\"«4.17.3»\"\"\" }", "4.18.0"),
];

const LOCK: Places = &[
    ("name = \"shop\"\nversion = \"«4.17.3»\"", "4.18.0"),
    ("name = \"shop-api\"\nversion = \"«4.17.3»\"", "4.18.0"),
    ("name = \"shop-web\"\nversion = \"«4.17.3»\"", "4.18.0"),
    ("\"shop-api\",\n \"shop-web «4.17.3»\",\n \"tokio\"", "4.18.0"),
    ("\"left-pad\",\n \"shop-web «4.17.3»\"", "4.18.0"),
];

#[test]
fn of_a_workspace_with_its_members_and_its_lock_every_byte_stays() {
    assert_versioned(
        "Cargo.toml",
        "shop",
        &[
            ("Cargo.toml", include_str!("../real/cargo/Cargo.toml"), ROOT),
            ("Cargo.lock", include_str!("../real/cargo/Cargo.lock"), LOCK),
            ("crates/api/Cargo.toml", include_str!("../real/cargo/crates/api/Cargo.toml"), &[]),
            // What the next version would leave is moved to it, whatever its operator.
            (
                "crates/web/Cargo.toml",
                include_str!("../real/cargo/crates/web/Cargo.toml"),
                &[("\"version\" = \"«<4.18»\"", "4.18.0")],
            ),
        ],
    );
}

#[test]
fn of_a_package_alone_every_byte_stays() {
    let manifest = "[package]\nversion = \"4.17.3\"\nname = \"till\"\n\n[dependencies]\nleft-pad = '4.17.3'\n";
    let lock = "version = 4\n\n[[package]]\nname = \"till\"\nversion = \"4.17.3\"\n";
    assert_versioned(
        "apps/till/Cargo.toml",
        "till",
        &[
            ("apps/till/Cargo.toml", manifest, &[("version = \"«4.17.3»\"", "4.18.0")]),
            ("apps/till/Cargo.lock", lock, &[("version = \"«4.17.3»\"", "4.18.0")]),
            // A lock that is not beside it, and broken.
            ("fixtures/broken/Cargo.lock", "<<<<<<< HEAD\n", &[]),
        ],
    );
}
