//! The suites of both ports, over each kind of git server.

use crate::git::{Bare, OverSsh, Served, Way};

/// Runs them over repositories that `serve` serves.
macro_rules! on_a_server {
    ($name:ident, needs $reason:literal, |$bare:ident: Bare| -> $served:ident $serve:block) => {
        mod $name {
            use super::*;

            fn serve($bare: Bare) -> $served $serve

            mod branch {
                use embark_core::testing::contract::deployment_repository as suite;

                use super::serve;
                use crate::git::{Bare, WORDS};

                on_a_branch!(needs $reason, suite over { serve(Bare::new()) } as it => (&it.open()));
                with_another!(needs $reason, suite over { serve(Bare::new()) } as it => (&it.open(), &it.open()));
                cases!(needs $reason, suite over { serve(Bare::new()) } as it =>
                    (&it.open(), it.bare.commit_elsewhere()): leaves_out_commits_of_other_branches);
                cases!(needs $reason, suite over { serve(Bare::new().with_modes()) } as it =>
                    (&it.open()): tells_a_symbolic_link_from_a_file tells_the_links_of_a_folder);
                cases!(needs $reason,
                    suite over { let served = serve(Bare::new()); let open = served.open(); (served, open) }
                    as (_served, open) => (&open, &open, true): records_a_success_with_its_commit);
                cases!(needs $reason, suite over { serve(Bare::new().with_a_refusing_hook()) } as it =>
                    (&it.open(), WORDS): tells_a_refusal_in_its_own_words);
            }

            mod absent_branch {
                use embark_core::testing::contract::deployment_repository as suite;

                use super::serve;
                use crate::git::Bare;

                cases!(needs $reason, suite over { serve(Bare::new()) } as it =>
                    (&it.open_branch("absent")): tells_that_it_does_not_exist);
            }

            mod absent_repository {
                use embark_core::testing::contract::deployment_repository as suite;

                use super::serve;
                use crate::git::Bare;

                cases!(needs $reason, suite over { serve(Bare::new()) } as it =>
                    (&it.open_absent()): tells_that_it_does_not_exist);
            }

            mod ledger {
                use embark_core::testing::contract::deployment_platform as suite;

                use super::serve;
                use crate::git::Bare;

                on_an_empty_platform!(needs $reason, suite over { serve(Bare::new()) } as it => (&it.open()));
                cases!(needs $reason, suite over { serve(Bare::new()) } as it =>
                    (&it.open(), &it.open()): sees_what_another_has_written);
            }

            mod witnessed {
                use super::serve;
                use crate::deployment_repository::assert_sound_after_a_commit;
                use crate::git::Bare;

                #[tokio::test]
                #[ignore = $reason]
                async fn modes_stay_and_objects_are_sound() {
                    let served = serve(Bare::new().with_modes());
                    assert_sound_after_a_commit(&served.open(), &served.bare).await;
                }
            }
        }
    };
}

on_a_server!(plain, needs "needs git http-backend: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::Plain) });
on_a_server!(without_filters, needs "needs git http-backend: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::WithoutFilters) });
on_a_server!(shallow_filters, needs "needs git http-backend: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::ShallowFilters) });
on_a_server!(guarded, needs "needs git http-backend: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::Guarded) });
on_a_server!(without_versions, needs "needs git http-backend: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::WithoutVersions) });
on_a_server!(tls, needs "needs git http-backend and openssl: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::Tls) });
on_a_server!(tls_without_versions, needs "needs git http-backend and openssl: run ./tests/run",
    |bare: Bare| -> Served { bare.served(Way::TlsWithoutVersions) });
on_a_server!(ssh, needs "needs sshd: run ./tests/run",
    |bare: Bare| -> OverSsh { bare.serve_over_ssh(true) });
on_a_server!(ssh_without_versions, needs "needs sshd: run ./tests/run",
    |bare: Bare| -> OverSsh { bare.serve_over_ssh(false) });
