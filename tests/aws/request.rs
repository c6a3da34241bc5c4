//! One request as it came over the wire.

/// A request. The path and the query are as they were sent: SigV4 signs that form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// In capitals.
    pub(crate) method: String,
    /// With its percent signs.
    pub(crate) path: String,
    /// Without the question mark.
    pub(crate) query: String,
    /// Names in lower case, in the order in which they came.
    pub(crate) headers: Vec<(String, String)>,
    /// All of it.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// The first header of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The parts of the path between slashes, decoded each for itself: `%2F` is no slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        match self.path.strip_prefix('/') {
            None | Some("") => Vec::new(),
            Some(path) => path.split('/').map(percent_decoded).collect(),
        }
    }

    /// Names and values of the query, decoded, in the order in which they came.
    pub(crate) fn query_pairs(&self) -> Vec<(String, String)> {
        self.query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (percent_decoded(name), percent_decoded(value))
            })
            .collect()
    }

    /// The first value of this name in the query.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }

    /// All values of this name in the query.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        self.query_pairs().into_iter().filter(|(key, _)| key == name).map(|(_, value)| value).collect()
    }

    /// The fields of a form (`application/x-www-form-urlencoded`).
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        url::form_urlencoded::parse(&self.body).into_owned().collect()
    }
}

/// `%41` to `A`; anything else stays, a plus sign too. Bytes that are not UTF-8 become U+FFFD.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = bytes.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let byte = escaped.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(bytes[at]));
        at += if byte.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
