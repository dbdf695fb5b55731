import Foundation

/// The words of a case that stand for what differs from run to run.
///
///     $GATEWAY $GATEWAY2 ...      where Gateways listen; the first is where those do that name
///                                 no address
///     $CLIENT1 $CLIENT2 ...       where clients may call from
///     $ONE $TWO $THREE $FOUR      the backends' addresses
///     $LOCALPORT                  where backend one listens at ::1 and 127.0.0.1
///     $BASE64(listener.crt)       a file of the certificates, as a Secret holds it
///     $TEXT(ca.crt)               the same as a quoted string, as a ConfigMap holds it
struct Placeholders {
    private let words: [(word: String, value: String)]
    private let certificates: Certificates

    init(network: String, stage: Stage) {
        certificates = stage.certificates
        let backends = "127.\(stage.peer.greeting.block).0"
        var words = [("$LOCALPORT", "\(stage.peer.greeting.localPort)")]
        for (index, name) in ["ONE", "TWO", "THREE", "FOUR"].enumerated() {
            words.append(("$\(name)", "\(backends).\(11 + index)"))
        }
        // The longer ones first: $GATEWAY is the beginning of $GATEWAY2.
        for index in stride(from: 4, to: 1, by: -1) {
            words.append(("$GATEWAY\(index)", "\(network).\(index)"))
        }
        words.append(("$GATEWAY", "\(network).1"))
        for index in 1...4 { words.append(("$CLIENT\(index)", "\(network).\(20 + index)")) }
        self.words = words
    }

    /// The text with all of them replaced.
    func fill(_ text: String) throws -> String {
        var text = text
        for (word, value) in words { text = text.replacing(word, with: value) }
        for match in text.matches(of: /\$(BASE64|TEXT)\(([^)]+)\)/).reversed() {
            let content = try certificates.text(String(match.2))
            let value =
                match.1 == "BASE64"
                ? Data(content.utf8).base64EncodedString()
                : "\"\(content.replacing("\n", with: "\\n"))\""
            text.replaceSubrange(match.range, with: value)
        }
        return text
    }
}
