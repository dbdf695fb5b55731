extension ParentReference: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(name: reader.requiredString("name", .objectName))
        group = reader.string("group", .group) ?? group
        kind = reader.string("kind", .kind) ?? kind
        namespace = reader.string("namespace", .dnsLabel)
        sectionName = reader.string("sectionName", .dnsSubdomain)
        port = reader.integer("port", in: .ports)
    }
}

extension BackendObjectReference: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(name: reader.requiredString("name", .objectName))
        group = reader.string("group", .group) ?? group
        kind = reader.string("kind", .kind) ?? kind
        namespace = reader.string("namespace", .dnsLabel)
        port = reader.integer("port", in: .ports)
        if groupKind == .service, !reader.has("port") {
            reader.report(
                .missingField, at: "port",
                "required for a Service; add the port of the Service, from 1 to 65535")
        }
    }
}

extension LocalObjectReference: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            group: reader.requiredString("group", .group),
            kind: reader.requiredString("kind", .kind),
            name: reader.requiredString("name", .objectName))
    }
}

extension NamespacedObjectReference: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            group: reader.requiredString("group", .group),
            kind: reader.requiredString("kind", .kind),
            name: reader.requiredString("name", .objectName),
            namespace: reader.string("namespace", .dnsLabel))
    }
}

/// A reference that is to a Secret unless it says otherwise.
struct SecretReference: ObjectReadable {
    var reference: NamespacedObjectReference

    init(_ reader: ObjectReader) {
        reference = NamespacedObjectReference(
            group: reader.string("group", .group) ?? "",
            kind: reader.string("kind", .kind) ?? "Secret",
            name: reader.requiredString("name", .objectName),
            namespace: reader.string("namespace", .dnsLabel))
    }
}

extension LabelSelector: ObjectReadable {
    /// An API does not look into a selector, so that mistakes can come from there. What has one
    /// selects nothing.
    init(_ reader: ObjectReader) {
        let (selector, hasMistakes) = reader.context.leniently {
            LabelSelector(
                matchLabels: reader.stringMap("matchLabels", keys: .labelKey, values: .labelValue),
                matchExpressions: reader.array("matchExpressions"))
        }
        self = selector
        guard hasMistakes else { return }
        matchExpressions.append(Requirement(key: "", operator: .unknown("")))
    }
}

extension LabelSelector.Requirement: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            key: reader.requiredString("key", .labelKey),
            operator: reader.requiredChoice("operator"),
            values: reader.strings("values", .labelValue))
        switch self.operator {
        case .in, .notIn:
            if values.isEmpty {
                reader.report(.missingField, at: "values", "In and NotIn need values; add one")
            }
        case .exists, .doesNotExist:
            if !values.isEmpty {
                reader.report(
                    .conflict, at: "values", "Exists and DoesNotExist take no values; remove them")
            }
        case .unknown: break
        }
    }
}
