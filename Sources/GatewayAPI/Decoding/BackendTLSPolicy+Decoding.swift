extension BackendTLSPolicy: ObjectReadable {
    init(_ reader: ObjectReader) {
        let targets: [SectionTargetReference] = reader.array("targetRefs", 1...16)
        self.init(
            targetRefs: targets.map(\.target), validation: reader.requiredObject("validation"))
        options = reader.stringMap(
            "options", keys: .annotationKey, values: TextRule("text", length: 0...4096),
            atMost: 16)
        validateTargets(reader)
    }

    /// Targets are distinct: of several parts of one object each is named, and only once.
    private func validateTargets(_ reader: ObjectReader) {
        var seen: Set<PolicyTargetReference> = []
        var sections: [PolicyTargetReference: Set<Bool>] = [:]
        for (index, target) in targetRefs.enumerated() {
            var object = target
            object.sectionName = nil
            let isPart = target.sectionName != nil
            let before = sections[object, default: []]
            sections[object] = before.union([isPart])
            if !seen.insert(target).inserted {
                reader.report(
                    .duplicate, at: "targetRefs[\(index)]", "this target stands twice; remove one")
            } else if before.contains(!isPart) {
                reader.report(
                    .conflict, at: "targetRefs[\(index)]",
                    "this target stands twice, and one of them covers the other; give both a "
                        + "sectionName")
            }
        }
    }
}

extension BackendTLSPolicy.Validation: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(hostname: reader.requiredString("hostname", .preciseHostname))
        caCertificateRefs = reader.array("caCertificateRefs", 0...8)
        wellKnownCACertificates = reader.string("wellKnownCACertificates", .wellKnownAuthorities)
            .map { BackendTLSPolicy.WellKnownCACertificates(rawValue: $0) }
        subjectAltNames = reader.array("subjectAltNames", 0...5)
        if !caCertificateRefs.isEmpty, wellKnownCACertificates != nil {
            reader.report(
                .conflict, at: "wellKnownCACertificates",
                "caCertificateRefs and wellKnownCACertificates exclude each other; remove one")
        }
        if caCertificateRefs.isEmpty, wellKnownCACertificates == nil,
            !reader.hasElements("caCertificateRefs"), !reader.has("wellKnownCACertificates")
        {
            reader.report(
                .missingField, at: "caCertificateRefs",
                "nothing says whom to trust; add a ConfigMap, or wellKnownCACertificates: System")
        }
    }
}

extension BackendTLSPolicy.SubjectAltName: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(type: reader.requiredChoice("type"))
        hostname = reader.string("hostname", .hostname)
        uri = reader.string("uri", .absoluteURI)
        reader.requireUnion(of: type, [(.hostname, "hostname"), (.uri, "uri")])
    }
}

/// A target that may be a part of an object.
private struct SectionTargetReference: ObjectReadable {
    var target: PolicyTargetReference

    init(_ reader: ObjectReader) {
        target = PolicyTargetReference(reader)
        target.sectionName = reader.string("sectionName", .dnsSubdomain)
    }
}

extension PolicyTargetReference: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            group: reader.requiredString("group", .group),
            kind: reader.requiredString("kind", .kind),
            name: reader.requiredString("name", .objectName))
    }
}

extension TextRule {
    /// A set of authorities of the API, or one with a domain in front.
    fileprivate static let wellKnownAuthorities = TextRule(
        "System, or a name of an implementation, as in example.net/internal", length: 1...253
    ) { $0 == "System" || $0.contains("/") && isQualifiedName($0) }

    /// A URI with its scheme and what follows it.
    fileprivate static let absoluteURI = TextRule(
        "a URI with scheme and authority, as in spiffe://example.net/ns/a/sa/b", length: 1...253
    ) { text in
        guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return false }
        return !text[..<colon].contains { "/?#".contains($0) }
            && text[colon...].hasPrefix("://")
    }
}
