/// Expands the cases of a suite into one test each.
///
/// `cases!(suite over { fixture } as name => (arguments): case case …)`; with `needs "something"` in front the tests are
/// ignored unless they are asked for.
macro_rules! cases {
    ($suite:ident over $fixture:block as $name:pat => $arguments:tt: $($case:ident)+) => {
        $(
            #[tokio::test]
            async fn $case() {
                let $name = $fixture;
                cases!(@call $suite $case $arguments);
            }
        )+
    };
    (needs $reason:literal, $suite:ident over $fixture:block as $name:pat => $arguments:tt: $($case:ident)+) => {
        $(
            #[tokio::test]
            #[ignore = $reason]
            async fn $case() {
                let $name = $fixture;
                cases!(@call $suite $case $arguments);
            }
        )+
    };
    (@call $suite:ident $case:ident ($($argument:expr),+)) => {
        $suite::$case($($argument),+).await
    };
}
