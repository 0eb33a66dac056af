//! Path patterns: `/a`, `/a/{name}`, `/files/{*rest}`.

/// What a pattern took from a path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Params<'r> {
    _p: std::marker::PhantomData<&'r ()>,
}

impl<'r> Params<'r> {
    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&'r str> {
        let _ = name;
        todo!()
    }

    /// Names and values, in the order of the pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&'r str, &'r str)> + '_ {
        std::iter::empty()
    }
}
