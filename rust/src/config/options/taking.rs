//! Values as the fields of the settings want them.

use crate::config::values::Value;
use std::time::Duration;

/// A row's kind decides which of these its setter may call; a test calls every setter, so the
/// panics below never leave the test suite.
impl Value {
    pub(super) fn integer<T: TryFrom<u64>>(&self) -> T {
        let (Value::Number(n) | Value::Size(n)) = self else { mismatch(self) };
        T::try_from(*n).unwrap_or_else(|_| mismatch(self))
    }

    pub(super) fn duration(&self) -> Duration {
        let Value::Duration(d) = self else { mismatch(self) };
        *d
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        (*self != Value::Off).then(|| self.duration())
    }

    pub(super) fn switch(&self) -> bool {
        let Value::Switch(on) = self else { mismatch(self) };
        *on
    }

    pub(super) fn text(&self) -> &str {
        let Value::Text(text) = self else { mismatch(self) };
        text
    }

    pub(super) fn target(&self) -> Option<String> {
        (*self != Value::Unset).then(|| self.text().to_owned())
    }

    pub(super) fn list(&self) -> &[String] {
        let Value::List(items) = self else { mismatch(self) };
        items
    }
}

fn mismatch(value: &Value) -> ! {
    unreachable!("{value:?} is not what the setter of its row takes")
}
