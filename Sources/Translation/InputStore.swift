import GatewayAPI
import HeddlePlugin

/// The current objects, indexed for what translations ask.
struct InputStore: TranslationInputs {
    private struct Place: Hashable {
        var kind: GroupKind
        var namespace: String
    }

    private var byReference: [ObjectReference: Resource] = [:]
    private var byPlace: [Place: Set<String>] = [:]
    private var byLabel: [LabelRead: Set<String>] = [:]

    /// Puts an object in the place of the one with the same name.
    ///
    /// - Returns: The reads that would now give something else.
    mutating func upsert(_ resource: Resource) -> Set<Read> {
        var touched = remove(resource.reference)
        let reference = resource.reference
        byReference[reference] = resource
        byPlace[Place(kind: reference.groupKind, namespace: reference.namespace), default: []]
            .insert(reference.name)
        for label in Self.labels(of: resource) {
            byLabel[label, default: []].insert(reference.name)
            touched.insert(.labelled(label))
        }
        touched.formUnion(Self.places(of: reference))
        return touched
    }

    /// Removes an object.
    ///
    /// - Returns: The reads that would now give something else.
    mutating func remove(_ reference: ObjectReference) -> Set<Read> {
        guard let old = byReference.removeValue(forKey: reference) else { return [] }
        var touched = Self.places(of: reference)
        let place = Place(kind: reference.groupKind, namespace: reference.namespace)
        byPlace[place]?.remove(reference.name)
        for label in Self.labels(of: old) {
            byLabel[label]?.remove(reference.name)
            if byLabel[label]?.isEmpty == true { byLabel[label] = nil }
            touched.insert(.labelled(label))
        }
        return touched
    }

    func object(_ reference: ObjectReference) -> Resource? {
        byReference[reference]
    }

    func objects(_ kind: GroupKind, namespace: String) -> [Resource] {
        named(byPlace[Place(kind: kind, namespace: namespace)], kind, namespace)
    }

    func objects(labelled read: LabelRead) -> [Resource] {
        named(byLabel[read], read.kind, read.namespace)
    }

    func count(labelled read: LabelRead) -> Int {
        byLabel[read]?.count ?? 0
    }

    private func named(_ names: Set<String>?, _ kind: GroupKind, _ namespace: String) -> [Resource]
    {
        (names ?? []).sorted().compactMap {
            byReference[ObjectReference(kind, namespace: namespace, name: $0)]
        }
    }

    private static func places(of reference: ObjectReference) -> Set<Read> {
        [.object(reference), .all(reference.groupKind, namespace: reference.namespace)]
    }

    private static func labels(of resource: Resource) -> [LabelRead] {
        let reference = resource.reference
        return resource.selectableLabels.map {
            LabelRead(reference.groupKind, reference.namespace, key: $0.key, value: $0.value)
        }
    }
}
