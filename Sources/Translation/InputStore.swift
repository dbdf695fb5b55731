import GatewayAPI
import HeddlePlugin
import XDS

/// The current objects, indexed for what translations ask.
final class InputStore: TranslationInputs {
    private struct Place: Hashable {
        var kind: GroupKind
        var namespace: String
    }

    /// What an object points to; ListenerSets and policies point to something.
    private let targets: (Resource) -> [ObjectReference]
    private var byReference: [ObjectReference: Resource] = [:]
    private var byPlace: [Place: Set<String>] = [:]
    private var byLabel: [LabelRead: Set<String>] = [:]
    private var byTarget: [TargetPlace: Set<ObjectReference>] = [:]
    private var models: [ObjectReference: Any] = [:]
    private var endpoints: [String: ClusterLoadAssignment] = [:]

    private struct TargetPlace: Hashable {
        var kind: GroupKind
        var target: ObjectReference
    }

    init(targets: @escaping (Resource) -> [ObjectReference]) {
        self.targets = targets
    }

    /// Puts an object in the place of the one with the same name.
    ///
    /// - Returns: The reads that would now give something else.
    func upsert(_ resource: Resource) -> Set<Read> {
        let reference = resource.reference
        let isNew = byReference[reference] == nil
        var touched = remove(reference)
        // An object that takes the place of another was there all the time.
        if isNew {
            touched.insert(.existence(reference))
        } else {
            touched.remove(.existence(reference))
        }
        byReference[reference] = resource
        byPlace[Place(kind: reference.groupKind, namespace: reference.namespace), default: []]
            .insert(reference.name)
        for label in Self.labels(of: resource) {
            byLabel[label, default: []].insert(reference.name)
            touched.insert(.labelled(label))
        }
        for target in targets(resource) {
            let place = TargetPlace(kind: reference.groupKind, target: target)
            byTarget[place, default: []].insert(reference)
            touched.insert(.targeting(reference.groupKind, target))
        }
        touched.formUnion(Self.places(of: reference))
        return touched
    }

    /// Removes an object.
    ///
    /// - Returns: The reads that would now give something else.
    func remove(_ reference: ObjectReference) -> Set<Read> {
        guard let old = byReference.removeValue(forKey: reference) else { return [] }
        var touched = Self.places(of: reference)
        touched.insert(.existence(reference))
        let place = Place(kind: reference.groupKind, namespace: reference.namespace)
        byPlace[place]?.remove(reference.name)
        if byPlace[place]?.isEmpty == true { byPlace[place] = nil }
        for label in Self.labels(of: old) {
            byLabel[label]?.remove(reference.name)
            if byLabel[label]?.isEmpty == true { byLabel[label] = nil }
            touched.insert(.labelled(label))
        }
        for target in targets(old) {
            let place = TargetPlace(kind: reference.groupKind, target: target)
            byTarget[place]?.remove(reference)
            if byTarget[place]?.isEmpty == true { byTarget[place] = nil }
            touched.insert(.targeting(reference.groupKind, target))
        }
        return touched
    }

    /// Puts what was made of an object in the place of what was made of it before.
    func setModel(_ reference: ObjectReference, _ model: Any?) {
        models[reference] = model
    }

    /// Puts a cluster's endpoints in the place of the former ones.
    func setEndpoints(cluster: String, _ assignment: ClusterLoadAssignment?) {
        endpoints[cluster] = assignment
    }

    func model(_ reference: ObjectReference) -> Any? { models[reference] }

    func endpoints(cluster: String) -> ClusterLoadAssignment? { endpoints[cluster] }

    func objects(_ kind: GroupKind, targeting target: ObjectReference) -> [Resource] {
        let found = byTarget[TargetPlace(kind: kind, target: target)] ?? []
        return found.compactMap { byReference[$0] }.sorted(by: Age.precedes)
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
