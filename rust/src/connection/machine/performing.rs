//! Answers that are given in a manner of their own: late, piece by piece, spoilt, or not at all.

use super::telling::count_answer;
use super::{Context, Machine, Next};
use crate::connection::State;
use crate::connection::script::Script;
use crate::responder::response::{Persistence, Wire};
use crate::responder::rules::fault::{End, Manner};
use crate::responder::treatment::Treated;

impl Machine {
    /// Event: the deferred answer has come, and is to be treated. `None` where nobody waits for one.
    #[cold]
    pub(crate) fn treated(&mut self, treated: Treated, cx: &mut Context<'_>) -> Option<Next> {
        let Treated { response, treatment } = treated;
        let response = treatment.restated(&response).unwrap_or(response);
        if treatment.manner.is_plain() && treatment.cut.is_none() {
            return self.answered(&response, cx);
        }
        let held = self.pending.as_mut()?.held.take()?;
        let close = self.stop_upload()
            || cx.draining
            || response.closes()
            || held.persistence == Persistence::Close;
        cx.stats.deferred_answers.add(1);
        let start = cx.out.len();
        let end = if let Some(reset) = treatment.cut {
            cx.stats.faults_played.add(1);
            if reset { End::Reset } else { End::Close }
        } else {
            let persistence = if close { Persistence::Close } else { held.persistence };
            let (head_only, server) = (held.head_only, cx.responder.server_line());
            let wire = Wire { date: cx.date, head_only, persistence, server, extra: b"" };
            response.write(cx.out, &wire);
            count_answer(response.status(), None, cx);
            if let Some(kept) = self.pending.as_mut().and_then(|pending| pending.kept.as_mut()) {
                kept.answer.status = response.status();
            }
            if close { End::Close } else { End::Usual }
        };
        Some(self.play(&treatment.manner, start, end, cx))
    }

    /// Begins to give the answer that stands in the output from `start` on, which is to have this `end`.
    #[cold]
    pub(super) fn play(
        &mut self,
        manner: &Manner,
        start: usize,
        end: End,
        cx: &mut Context<'_>,
    ) -> Next {
        if !manner.delay.is_zero() {
            cx.stats.answers_delayed.add(1);
        }
        if manner.fault.is_some() {
            cx.stats.faults_played.add(1);
        }
        let answer = cx.out.split_off(start);
        self.pending_mut(cx).script = Some(Script::new(answer, manner, end));
        if self.state == State::Writing {
            // Behind what waits already: once that is sent, an alarm is set.
            return Next::Wait;
        }
        self.state = State::Processing;
        if manner.delay.is_zero() {
            return self.called(cx).unwrap_or(Next::Wait);
        }
        cx.alarms.set(cx.key, manner.delay);
        Next::Wait
    }
}
