//! Names that are different each time.

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// `count` random bytes.
pub(crate) fn bytes(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system has random numbers");
    bytes
}

/// `count` characters of `[A-Za-z0-9]`, as a profile version or a secret has them.
pub(crate) fn alphanumeric(count: usize) -> String {
    bytes(count).iter().map(|byte| char::from(ALPHANUMERIC[usize::from(byte % 62)])).collect()
}

/// `count` characters of `[A-Z0-9]`, as an access key has them.
pub(crate) fn uppercase(count: usize) -> String {
    alphanumeric(count).to_uppercase()
}

/// A UUID, version 4 (RFC 9562 section 5.4).
pub(crate) fn uuid() -> String {
    let mut bytes = bytes(16);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
