/// A kind as a person writes it.
package enum KindName {
    /// The short names of the Gateway API's definitions.
    private static let shortNames = [
        "gc": "gatewayclass", "gtw": "gateway", "lset": "listenerset",
        "btlspolicy": "backendtlspolicy", "refgrant": "referencegrant",
        "xbtrafficpolicy": "xbackendtrafficpolicy", "mesh": "xmesh", "svc": "service",
    ]

    /// Whether what a person wrote means a kind: in any case, in the plural, or short, and with
    /// its group or without.
    package static func means(_ text: String, _ kind: String) -> Bool {
        let kind = kind.lowercased()
        let word = text.lowercased().prefix { $0 != "." }
        let name = shortNames[String(word)] ?? String(word)
        let plurals = [kind + "s", kind + "es", String(kind.dropLast()) + "ies"]
        return name == kind || plurals.contains(name)
    }
}
