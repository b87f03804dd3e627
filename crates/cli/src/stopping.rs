//! Signals that ask a run to end: what has been begun is finished if that takes seconds, and told if not.
//!
//! Two are listened to. Whoever sends them kills when it takes too long: GitHub Actions sends the second signal after
//! seven and a half seconds, and kills after ten.

mod clock;

use std::future::pending;
use std::pin::pin;
use std::time::Duration;

use embark_core::ports::Stop;
use futures::future::{Either, select};
use tokio::sync::watch;

pub(crate) use self::clock::RunClock;
use crate::error::Error;

/// How a command ends that is asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It reads, and has nothing to finish.
    AtOnce,
    /// It writes, and has [`TIME`].
    InTime,
}

/// How long what was begun may take.
const TIME: Duration = Duration::from_millis(6500);

/// How long the process lives at most: something may block where nobody can interrupt it.
#[cfg(unix)]
const LAST: Duration = Duration::from_secs(9);

/// What was asked so far: by which signal first, and how often.
type Asked = Option<(Stop, usize)>;

/// Whether a run was asked to end. Clones share it; the default is a run that cannot be asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stopping(Option<Listener>);

#[derive(Debug, Clone)]
struct Listener {
    asked: watch::Receiver<Asked>,
    ending: Ending,
}

impl Stopping {
    /// Listens from now on. Where signals cannot be listened to they end the process at once, as ever.
    #[cfg(unix)]
    pub(crate) fn listen(ending: Ending) -> Self {
        let (sender, asked) = watch::channel(None);
        Self(unix::listen(sender).is_ok().then_some(Listener { asked, ending }))
    }

    /// There are no such signals here.
    #[cfg(not(unix))]
    pub(crate) fn listen(_: Ending) -> Self {
        Self::default()
    }

    /// Returns as soon as the run is asked to end.
    pub(crate) async fn asked(&self) -> Stop {
        self.asked_times(1).await
    }

    /// Returns as soon as it was asked so often.
    async fn asked_times(&self, times: usize) -> Stop {
        let Some(Listener { asked, .. }) = &self.0 else { return pending().await };
        let mut asked = asked.clone();
        let found = asked.wait_for(|asked| asked.is_some_and(|(_, count)| count >= times)).await;
        match found.ok().and_then(|asked| *asked) {
            Some((by, _)) => by,
            None => pending().await,
        }
    }

    /// Runs `work` to its end; not for long once the run is asked to end, and no longer when it is asked a second time.
    pub(crate) async fn until<T>(&self, work: impl Future<Output = Result<T, Error>> + Unpin) -> Result<T, Error> {
        let is_over = async {
            let by = self.asked().await;
            if self.0.as_ref().is_some_and(|listener| listener.ending == Ending::InTime) {
                tracing::warn!("{by}: what was begun is finished, for {} s at most", TIME.as_secs());
                select(pin!(tokio::time::sleep(TIME)), pin!(self.asked_times(2))).await;
            }
            by
        };
        match select(work, pin!(is_over)).await {
            Either::Left((result, _)) => result,
            Either::Right((by, _)) => Err(embark_core::Error::Stopped { by, is_pushed: false }.into()),
        }
    }
}

#[cfg(unix)]
mod unix {
    use embark_core::ports::Stop;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use tokio::sync::watch;

    use super::{Asked, LAST};
    use crate::error::exit_of_stop;

    /// Listens in a thread of its own: the run may be busy where it does not look.
    pub(super) fn listen(asked: watch::Sender<Asked>) -> std::io::Result<()> {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new().name("signals".into()).spawn(move || {
            for signal in signals.forever() {
                let by = if signal == SIGINT { Stop::Interrupt } else { Stop::Terminate };
                let mut count = 0;
                asked.send_modify(|asked| {
                    let (first, times) = asked.unwrap_or((by, 0));
                    count = times + 1;
                    *asked = Some((first, count));
                });
                match count {
                    1 => drop(std::thread::spawn(move || end(by, LAST))),
                    2 => {}
                    _ => end(by, std::time::Duration::ZERO),
                }
            }
        })?;
        Ok(())
    }

    /// Ends the process, unless it has ended by then.
    #[expect(clippy::exit, reason = "what blocks the run cannot be asked to end")]
    fn end(by: Stop, after: std::time::Duration) {
        std::thread::sleep(after);
        crate::ui::Ui::warn(&format!("error: ended by {by} while something blocked"));
        std::process::exit(exit_of_stop(by).code().into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopping(ending: Ending) -> (watch::Sender<Asked>, Stopping) {
        let (sender, asked) = watch::channel(None);
        (sender, Stopping(Some(Listener { asked, ending })))
    }

    fn done() -> std::future::Ready<Result<&'static str, Error>> {
        std::future::ready(Ok("done"))
    }

    fn stopped<T>(result: &Result<T, Error>) -> Option<Stop> {
        match result {
            Err(Error::Core(embark_core::Error::Stopped { by, .. })) => Some(*by),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_is_done_is_told_also_of_a_run_that_was_asked_to_end() {
        for ending in [Ending::AtOnce, Ending::InTime] {
            let (sender, stopping) = stopping(ending);
            assert_eq!(stopping.until(done()).await.ok(), Some("done"));
            sender.send_replace(Some((Stop::Terminate, 1)));
            assert_eq!(stopping.asked().await, Stop::Terminate);
            assert_eq!(stopping.until(done()).await.ok(), Some("done"));
        }
        assert_eq!(Stopping::default().until(done()).await.ok(), Some("done"));
    }

    #[tokio::test]
    async fn what_only_reads_ends_when_it_is_asked_and_what_writes_when_it_is_asked_twice() {
        let (sender, reading) = stopping(Ending::AtOnce);
        sender.send_replace(Some((Stop::Interrupt, 1)));
        assert_eq!(stopped(&reading.until(pending::<Result<(), _>>()).await), Some(Stop::Interrupt));

        let (sender, writing) = stopping(Ending::InTime);
        sender.send_replace(Some((Stop::Interrupt, 1)));
        let short = tokio::time::timeout(Duration::from_millis(50), writing.until(pending::<Result<(), _>>()));
        assert!(short.await.is_err(), "it has its time");
        // The second signal may be another one.
        sender.send_replace(Some((Stop::Interrupt, 2)));
        assert_eq!(stopped(&writing.until(pending::<Result<(), _>>()).await), Some(Stop::Interrupt));
    }
}
