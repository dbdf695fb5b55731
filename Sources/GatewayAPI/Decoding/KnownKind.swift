/// A kind with a Swift type: its versions, its scope, and how it is read.
struct KnownKind: Sendable {
    var groupKind: GroupKind
    /// The versions, all of which are read as the same thing.
    var versions: [String]
    var isNamespaced = true
    /// The form of an object's name.
    var nameRule = TextRule.dnsSubdomain
    /// Whether most of the object is passed over, so that the lines of its fields are not kept.
    var isReadInPart = false
    /// Reads the object; its `apiVersion`, `kind` and `metadata` are read already.
    var read: @Sendable (ObjectReader, ObjectMeta) -> any ResourceContent

    /// The table of the kinds.
    static let all = routes + gateways + policies + core

    private static let routes: [KnownKind] = [
        KnownKind(groupKind: .httpRoute, versions: ["v1", "v1beta1"]) { reader, _ in
            readSpec(reader, ignoring: "status") as HTTPRoute
        },
        KnownKind(groupKind: .grpcRoute, versions: ["v1", "v1alpha2"]) { reader, _ in
            readSpec(reader, ignoring: "status") as GRPCRoute
        },
        KnownKind(groupKind: .tlsRoute, versions: ["v1", "v1alpha3", "v1alpha2"]) { reader, _ in
            readSpec(reader, ignoring: "status") as TLSRoute
        },
        KnownKind(groupKind: .tcpRoute, versions: ["v1", "v1alpha2"]) { reader, _ in
            readSpec(reader, ignoring: "status") as TCPRoute
        },
        KnownKind(groupKind: .udpRoute, versions: ["v1", "v1alpha2"]) { reader, _ in
            readSpec(reader, ignoring: "status") as UDPRoute
        },
    ]

    private static let gateways: [KnownKind] = [
        KnownKind(
            groupKind: .gatewayClass, versions: ["v1", "v1beta1"], isNamespaced: false
        ) { reader, _ in
            readSpec(reader, ignoring: "status") as GatewayClass
        },
        KnownKind(groupKind: .gateway, versions: ["v1", "v1beta1"]) { reader, _ in
            var gateway: Gateway = readSpec(reader)
            let (status, _) = reader.context.leniently {
                reader.object("status") as GatewayStatusAddresses?
            }
            gateway.statusAddresses = status?.addresses ?? []
            return gateway
        },
        KnownKind(groupKind: .listenerSet, versions: ["v1"]) { reader, _ in
            readSpec(reader, ignoring: "status") as ListenerSet
        },
        KnownKind(groupKind: .referenceGrant, versions: ["v1", "v1beta1"]) { reader, _ in
            readSpec(reader) as ReferenceGrant
        },
        KnownKind(groupKind: .xMesh, versions: ["v1alpha1"], isNamespaced: false) { reader, _ in
            readSpec(reader, ignoring: "status") as XMesh
        },
        KnownKind(groupKind: .xBackend, versions: ["v1alpha1"]) { reader, _ in
            readSpec(reader, ignoring: "status") as XBackend
        },
    ]

    private static let policies: [KnownKind] = [
        KnownKind(groupKind: .backendTLSPolicy, versions: ["v1", "v1alpha3"]) { reader, _ in
            readSpec(reader, ignoring: "status") as BackendTLSPolicy
        },
        KnownKind(groupKind: .xBackendTrafficPolicy, versions: ["v1alpha1"]) { reader, _ in
            readSpec(reader, ignoring: "status") as XBackendTrafficPolicy
        },
    ]

    private static let core: [KnownKind] = [
        KnownKind(groupKind: .service, versions: ["v1"], nameRule: .serviceName) { reader, _ in
            readSpec(reader, ignoring: "status") as Service
        },
        KnownKind(groupKind: .endpointSlice, versions: ["v1"]) { reader, _ in
            EndpointSlice(reader)
        },
        KnownKind(groupKind: .pod, versions: ["v1"]) { reader, _ in Pod(reader) },
        KnownKind(
            groupKind: .namespace, versions: ["v1"], isNamespaced: false, nameRule: .dnsLabel
        ) { reader, _ in
            reader.ignore("spec", "status")
            return Namespace()
        },
        KnownKind(groupKind: .secret, versions: ["v1"]) { reader, _ in Secret(reader) },
        KnownKind(groupKind: .configMap, versions: ["v1"]) { reader, _ in ConfigMap(reader) },
        KnownKind(
            groupKind: .workloadEntry, versions: ["v1", "v1beta1", "v1alpha3"]
        ) { reader, _ in
            readSpec(reader, ignoring: "status") as WorkloadEntry
        },
        KnownKind(
            groupKind: .customResourceDefinition, versions: ["v1"], isNamespaced: false,
            isReadInPart: true
        ) { reader, metadata in
            reader.ignoreOthers()
            return CustomResourceDefinition(
                bundleVersion: metadata.annotations[
                    CustomResourceDefinition.bundleVersionAnnotation],
                channel: metadata.annotations[CustomResourceDefinition.channelAnnotation])
        },
    ]

    /// The kinds without a Swift type that belong to no namespace.
    static let clusterScoped: Set<String> = [
        "APIService", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
        "CSIDriver", "IngressClass", "MutatingWebhookConfiguration", "Node", "PersistentVolume",
        "PriorityClass", "RuntimeClass", "StorageClass", "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    ]

    private static let byGroupKind = Dictionary(
        uniqueKeysWithValues: all.map { ($0.groupKind, $0) })

    /// The entry of a kind; nil for one without a Swift type.
    static func named(_ groupKind: GroupKind) -> KnownKind? { byGroupKind[groupKind] }

    private static func readSpec<Content: ObjectReadable>(
        _ reader: ObjectReader, ignoring ignored: String...
    ) -> Content {
        ignored.forEach { reader.ignore($0) }
        return reader.requiredObject("spec")
    }
}
