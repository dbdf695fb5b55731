import Glibc

/// Whether a text is an IPv4 address in dotted decimals or an IPv6 address.
func isIPAddress(_ text: String) -> Bool { isIPv4Address(text) || isIPv6Address(text) }

/// Whether a text is an IPv4 address in dotted decimals.
func isIPv4Address(_ text: String) -> Bool {
    var address = in_addr()
    return !text.utf8.contains(0) && inet_pton(AF_INET, text, &address) == 1
}

/// Whether a text is an IPv6 address.
func isIPv6Address(_ text: String) -> Bool {
    var address = in6_addr()
    return !text.utf8.contains(0) && inet_pton(AF_INET6, text, &address) == 1
}
