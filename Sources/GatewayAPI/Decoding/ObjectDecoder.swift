/// An object as read from a document, its lines still relative to the document's first.
struct DecodedObject {
    var resource: Resource
    /// The line from 0, within the document, of the object's first field.
    var line: Int
}

/// Reads one object of a document, of a known kind or not.
struct ObjectDecoder {
    var unknownValues: ManifestDecoder.UnknownValues

    /// Reads an object, or the objects of a list.
    func decode(_ node: ManifestNode) -> (objects: [DecodedObject], findings: [Finding]) {
        guard case .mapping = node.value else {
            return notAnObject(
                node,
                "expected an object with apiVersion, kind and metadata, found "
                    + node.foundDescription)
        }
        guard let kind = text(node, "kind"), isListKind(kind), let items = node.member("items")
        else {
            return decodeOne(node, apiVersion: nil, kind: nil)
        }
        guard case .sequence(let nodes) = items.node.value else {
            return notAnObject(
                items.node, "expected a list of objects, found \(items.node.foundDescription)",
                path: "items")
        }
        guard nodes.count <= ManifestDecoder.maximumObjectCount else {
            let diagnostic = Diagnostic(
                .error, .limit,
                message: "a list has at most \(ManifestDecoder.maximumObjectCount) items, found "
                    + "\(nodes.count); split it", fieldPath: "items")
            return ([], [Finding(diagnostic: diagnostic, line: items.line)])
        }
        // A typed list, as an API returns it, names version and kind once for all its items.
        let itemKind = kind == "List" ? nil : String(kind.dropLast("List".count))
        let itemVersion = kind == "List" ? nil : text(node, "apiVersion")
        var objects: [DecodedObject] = []
        var findings: [Finding] = []
        for item in nodes {
            let decoded = decodeOne(item, apiVersion: itemVersion, kind: itemKind)
            objects += decoded.objects
            findings += decoded.findings
        }
        return (objects, findings)
    }

    private func isListKind(_ kind: String) -> Bool { kind.hasSuffix("List") }

    private func decodeOne(
        _ node: ManifestNode, apiVersion defaultVersion: String?, kind defaultKind: String?
    ) -> (objects: [DecodedObject], findings: [Finding]) {
        guard case .mapping = node.value else {
            return notAnObject(node, "expected an object, found \(node.foundDescription)")
        }
        let apiVersion = text(node, "apiVersion") ?? defaultVersion ?? ""
        let version = apiVersion.split(separator: "/").last.map(String.init) ?? ""
        let context = DecodingContext(unknownValues: unknownValues, version: version)
        let reader = ObjectReader(node, path: "", context: context)
        if defaultVersion == nil || reader.has("apiVersion") {
            _ = reader.requiredString("apiVersion", .apiVersion)
        }
        let kind =
            defaultKind.flatMap { reader.has("kind") ? nil : $0 }
            ?? reader.requiredString("kind", .kind)
        reader.ignore("apiVersion", "kind")
        guard !context.hasErrors else { return ([], context.findings) }

        let group = apiVersion.contains("/") ? String(apiVersion.prefix { $0 != "/" }) : ""
        let groupKind = GroupKind(group: group, kind: kind)
        let known = KnownKind.named(groupKind)
        let metadata = metadata(of: groupKind, known, reader)
        let content = content(
            groupKind, version: version, known, metadata, node, reader)
        reader.finish()

        let reference = ObjectReference(
            groupKind, namespace: metadata.namespace, name: metadata.name)
        let findings = context.findings.map { finding in
            var finding = finding
            finding.diagnostic.object = metadata.name.isEmpty ? nil : reference
            return finding
        }
        guard !context.hasErrors else { return ([], findings) }
        let lines =
            known?.isReadInPart ?? false
            ? [FieldLines.Entry(path: "", line: node.line)] : node.fieldLines()
        let resource = Resource(
            reference: reference, metadata: metadata, content: content,
            status: isGatewayAPI(group) ? node.member("status")?.node.json : nil,
            fieldLines: FieldLines(lines, firstLine: 0),
            contentHash: contentHash(of: node, group: group))
        return ([DecodedObject(resource: resource, line: node.line)], findings)
    }

    private func metadata(
        of groupKind: GroupKind, _ known: KnownKind?, _ reader: ObjectReader
    ) -> ObjectMeta {
        let read: MetadataReader = reader.requiredObject("metadata")
        var metadata = read.metadata
        guard reader.has("metadata") else { return metadata }
        let rule = known?.nameRule ?? .pathSegment
        if let problem = rule.problem(with: metadata.name), !metadata.name.isEmpty {
            reader.report(problem.code, at: "metadata.name", problem.message)
        }
        let isNamespaced =
            known?.isNamespaced ?? !KnownKind.clusterScoped.contains(groupKind.kind)
        if isNamespaced {
            if metadata.namespace.isEmpty { metadata.namespace = "default" }
        } else if !metadata.namespace.isEmpty {
            reader.report(
                .warning, .conflict, at: "metadata.namespace",
                "a \(groupKind.kind) belongs to no namespace; remove it")
            metadata.namespace = ""
        }
        return metadata
    }

    private func content(
        _ groupKind: GroupKind, version: String, _ known: KnownKind?, _ metadata: ObjectMeta,
        _ node: ManifestNode, _ reader: ObjectReader
    ) -> any ResourceContent {
        guard let known else {
            reader.ignoreOthers()
            warnOfMisspelling(groupKind, reader)
            return Unstructured(groupKind: groupKind, version: version, value: node.json)
        }
        if !known.versions.contains(version) {
            reader.report(
                .unknownVersion, at: "apiVersion",
                "version \(quoted(version)) of \(groupKind.kind) is not supported; use "
                    + known.versions.joined(separator: " or "))
        }
        return known.read(reader, metadata)
    }

    /// An object of an unknown kind is kept for plugins, unless it looks like a slip of the pen.
    private func warnOfMisspelling(_ groupKind: GroupKind, _ reader: ObjectReader) {
        let sameGroup = KnownKind.all.map(\.groupKind).filter { $0.group == groupKind.group }
        if let other = KnownKind.all.first(where: {
            $0.groupKind.kind == groupKind.kind && $0.groupKind.group.hasSuffix("k8s.io")
        }), nearest(to: groupKind.group, among: [other.groupKind.group]) != nil {
            reader.report(
                .warning, .unknownKind, at: "apiVersion",
                "no such kind in group \(quoted(groupKind.group)); did you mean "
                    + "\(other.groupKind.group)/\(other.versions[0])?")
        } else if let kind = nearest(to: groupKind.kind, among: sameGroup.map(\.kind)),
            !otherKinds.contains(groupKind.kind)
        {
            reader.report(
                .warning, .unknownKind, at: "kind",
                "unknown kind \(groupKind.kind), kept for plugins only; did you mean \(kind)?")
        }
    }

    /// Kinds without a Swift type whose names are close to others.
    private var otherKinds: Set<String> {
        ["ServiceEntry", "Node"]
    }

    private func text(_ node: ManifestNode, _ key: String) -> String? {
        node.member(key)?.node.json.string
    }

    private func notAnObject(
        _ node: ManifestNode, _ message: String, path: String = ""
    ) -> (objects: [DecodedObject], findings: [Finding]) {
        let diagnostic = Diagnostic(.error, .notAnObject, message: message, fieldPath: path)
        return ([], [Finding(diagnostic: diagnostic, line: node.line)])
    }
}

/// Reads an object's `metadata`.
private struct MetadataReader: ObjectReadable {
    var metadata: ObjectMeta

    init(_ reader: ObjectReader) {
        metadata = ObjectMeta(
            name: reader.requiredString("name"),
            namespace: reader.string("namespace", .dnsLabel) ?? "")
        metadata.labels = reader.stringMap("labels", keys: .labelKey, values: .labelValue)
        metadata.annotations = reader.stringMap("annotations", keys: .annotationKey)
        metadata.creationTimestamp = reader.string("creationTimestamp", .timestamp)
        metadata.generation = reader.integer("generation", in: 0...Int.max)
        metadata.uid = reader.string("uid")
        metadata.resourceVersion = reader.string("resourceVersion")
        reader.ignore(
            "generateName", "managedFields", "finalizers", "ownerReferences", "selfLink",
            "deletionTimestamp", "deletionGracePeriodSeconds")
    }
}

extension TextRule {
    /// A group and a version, or a version of the core group.
    fileprivate static let apiVersion = TextRule(
        "a group and a version, as in gateway.networking.k8s.io/v1 or v1", length: 1...317
    ) { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let version = parts.last, parts.count <= 2 else { return false }
        return TextRule.dnsLabel.isSatisfied(by: String(version))
            && (parts.count == 1 || TextRule.dnsSubdomain.isSatisfied(by: String(parts[0])))
    }
}
