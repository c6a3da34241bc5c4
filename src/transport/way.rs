//! How a host is reached.

/// The two schemes that exist here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// How a host is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Through the proxy, if there is one.
    Usual,
    /// Without a proxy: loopback, and the addresses that only this machine knows.
    Direct,
}
