/// A kind with a Swift type: its versions, its scope, and how it is read.
struct KnownKind: Sendable {
    var groupKind: GroupKind
    /// The versions with the fields that Heddle reads.
    var versions: [String]
    var isNamespaced = true
    /// The form of an object's name.
    var nameRule = TextRule.dnsSubdomain
    /// Reads the object; its `apiVersion`, `kind` and `metadata` are read already.
    var read: @Sendable (ObjectReader) -> any ResourceContent

    /// The table of the kinds.
    static let all: [KnownKind] = [
        KnownKind(groupKind: .gatewayClass, versions: ["v1", "v1beta1"], isNamespaced: false) {
            readSpec($0, ignoring: "status") as GatewayClass
        },
        KnownKind(groupKind: .gateway, versions: ["v1", "v1beta1"]) { reader in
            var gateway: Gateway = readSpec(reader)
            let status: GatewayStatusAddresses? = reader.object("status")
            gateway.statusAddresses = status?.addresses ?? []
            return gateway
        },
        KnownKind(groupKind: .httpRoute, versions: ["v1", "v1beta1"]) {
            readSpec($0, ignoring: "status") as HTTPRoute
        },
        KnownKind(groupKind: .referenceGrant, versions: ["v1", "v1beta1"]) {
            readSpec($0) as ReferenceGrant
        },
        KnownKind(groupKind: .service, versions: ["v1"], nameRule: .serviceName) {
            readSpec($0, ignoring: "status") as Service
        },
        KnownKind(groupKind: .endpointSlice, versions: ["v1"]) { EndpointSlice($0) },
        KnownKind(groupKind: .pod, versions: ["v1"]) { Pod($0) },
        KnownKind(
            groupKind: .namespace, versions: ["v1"], isNamespaced: false, nameRule: .dnsLabel
        ) { reader in
            reader.ignore("spec", "status")
            return Namespace()
        },
        KnownKind(groupKind: .workloadEntry, versions: ["v1", "v1beta1", "v1alpha3"]) {
            readSpec($0, ignoring: "status") as WorkloadEntry
        },
    ]

    /// The kinds without a Swift type that belong to no namespace.
    static let clusterScoped: Set<String> = [
        "APIService", "CertificateSigningRequest", "ClusterRole", "ClusterRoleBinding",
        "CSIDriver", "CustomResourceDefinition", "IngressClass", "MutatingWebhookConfiguration",
        "Node", "PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration", "XMesh",
    ]

    /// The entry of a kind; nil for one without a Swift type.
    static func named(_ groupKind: GroupKind) -> KnownKind? {
        all.first { $0.groupKind == groupKind }
    }

    private static func readSpec<Content: ObjectReadable>(
        _ reader: ObjectReader, ignoring ignored: String...
    ) -> Content {
        ignored.forEach { reader.ignore($0) }
        return reader.requiredObject("spec")
    }
}
