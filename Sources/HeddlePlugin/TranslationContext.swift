public import GatewayAPI
public import XDS

/// The tracked view of the inputs: every read is recorded, of what is missing too.
///
/// The dirty set of the next change follows from the record, so that no list of dependencies is
/// written by hand, and none can be wrong. A context belongs to one call and one thread.
public final class TranslationContext {
    private let inputs: any TranslationInputs
    /// What was asked for so far.
    package private(set) var reads: Set<Read> = []
    /// The domain of Service names, `cluster.local` by default.
    public let clusterDomain: String

    /// The kinds that may stand in `backendRefs`.
    public let backendKinds: [GroupKind]

    private let filterPlugins: [GroupKind: any FilterPlugin]
    private let routePlugins: [GroupKind: any RoutePlugin]

    package init(
        inputs: any TranslationInputs, clusterDomain: String, backendKinds: [GroupKind],
        filterPlugins: [GroupKind: any FilterPlugin] = [:],
        routePlugins: [GroupKind: any RoutePlugin] = [:]
    ) {
        self.inputs = inputs
        self.clusterDomain = clusterDomain
        self.backendKinds = backendKinds
        self.filterPlugins = filterPlugins
        self.routePlugins = routePlugins
    }

    /// The plugin that applies filters of a kind; nil where none does.
    public func filterPlugin(_ kind: GroupKind) -> (any FilterPlugin)? { filterPlugins[kind] }

    /// The kinds of routes that carry something, by name.
    package func routeKinds(carrying traffic: RouteTraffic) -> [GroupKind] {
        routePlugins.filter { $0.value.traffic == traffic }.keys.sorted()
    }

    /// Where a route wants to attach.
    package func parentRefs(of route: Resource) -> [ParentReference] {
        routePlugins[route.reference.groupKind]?.attachment(of: route).parentRefs ?? []
    }

    /// One object, or nil where there is none.
    public func object(_ reference: ObjectReference) -> Resource? {
        reads.insert(.object(reference))
        return inputs.object(reference)
    }

    /// Whether there is an object. Its content does not matter to whoever asks this only: the
    /// object may change, and nothing is translated again for it.
    public func exists(_ reference: ObjectReference) -> Bool {
        reads.insert(.existence(reference))
        return inputs.object(reference) != nil
    }

    /// The content of one object, or nil where there is none of that type.
    public func content<Content: ResourceContent>(
        _ type: Content.Type, _ reference: ObjectReference
    ) -> Content? {
        object(reference)?.content as? Content
    }

    /// All objects of a kind in a namespace, by name.
    public func objects(_ kind: GroupKind, namespace: String) -> [Resource] {
        reads.insert(.all(kind, namespace: namespace))
        return inputs.objects(kind, namespace: namespace)
    }

    /// The objects of a kind that point to a target: policies by their `targetRefs`, ListenerSets
    /// by their `parentRef`; oldest first, then by name (GEP-713).
    ///
    /// Reads no other objects.
    public func objects(_ kind: GroupKind, targeting target: ObjectReference) -> [Resource] {
        reads.insert(.targeting(kind, target))
        return inputs.objects(kind, targeting: target)
    }

    /// The endpoints of a backend's cluster; nil where it has none by EDS.
    public func endpoints(cluster: String) -> ClusterLoadAssignment? {
        reads.insert(.endpoints(cluster: cluster))
        return inputs.endpoints(cluster: cluster)
    }

    /// What the core has made of an object, such as a backend's ports; nil where it made nothing.
    package func model<Model>(_ type: Model.Type, _ reference: ObjectReference) -> Model? {
        reads.insert(.model(reference))
        return inputs.model(reference) as? Model
    }

    /// The objects of a kind in a namespace that carry all of the labels, by name.
    ///
    /// Reads no other objects, so that a change of another label's object re-translates nothing.
    /// No label selects nothing.
    public func objects(
        _ kind: GroupKind, namespace: String, labels: [String: String]
    ) -> [Resource] {
        // The rarest label keeps the record narrow; ties go by name, to be the same each time.
        let candidates = labels.map { LabelRead(kind, namespace, key: $0.key, value: $0.value) }
        let chosen = candidates.min {
            (inputs.count(labelled: $0), $0.key) < (inputs.count(labelled: $1), $1.key)
        }
        guard let chosen else { return [] }
        reads.insert(.labelled(chosen))
        return inputs.objects(labelled: chosen).filter { resource in
            labels.allSatisfy { resource.selectableLabels[$0.key] == $0.value }
        }
    }
}

/// One thing that a translation asked for.
package enum Read: Hashable, Sendable {
    /// An object, there or not.
    case object(ObjectReference)
    /// Whether an object is there.
    case existence(ObjectReference)
    /// All objects of a kind in a namespace.
    case all(GroupKind, namespace: String)
    /// The objects of a kind in a namespace that carry a label.
    case labelled(LabelRead)
    /// The objects of a kind that point to an object.
    case targeting(GroupKind, ObjectReference)
    /// What was made of an object.
    case model(ObjectReference)
    /// What endpoints a cluster has.
    case endpoints(cluster: String)
}

/// The objects of a kind in a namespace that carry a label.
package struct LabelRead: Hashable, Sendable {
    package var kind: GroupKind
    package var namespace: String
    package var key: String
    package var value: String

    package init(_ kind: GroupKind, _ namespace: String, key: String, value: String) {
        self.kind = kind
        self.namespace = namespace
        self.key = key
        self.value = value
    }
}

/// What a context reads from.
package protocol TranslationInputs {
    func object(_ reference: ObjectReference) -> Resource?
    /// By name.
    func objects(_ kind: GroupKind, namespace: String) -> [Resource]
    /// By name.
    func objects(labelled read: LabelRead) -> [Resource]
    /// By age, then by name.
    func objects(_ kind: GroupKind, targeting target: ObjectReference) -> [Resource]
    /// What the translation has made of an object.
    func model(_ reference: ObjectReference) -> Any?
    /// The endpoints of a backend's cluster.
    func endpoints(cluster: String) -> ClusterLoadAssignment?
    func count(labelled read: LabelRead) -> Int
}

extension Resource {
    /// The labels that selectors see: a WorkloadEntry may carry them in its spec as well.
    package var selectableLabels: [String: String] {
        guard let workload = content as? WorkloadEntry, !workload.labels.isEmpty else {
            return metadata.labels
        }
        return metadata.labels.merging(workload.labels) { _, spec in spec }
    }
}
