extension Pod: ObjectReadable {
    /// Reads the object itself: a Pod's `spec` and `status` matter both.
    init(_ reader: ObjectReader) {
        let spec: PodSpec? = reader.object("spec")
        let status: PodStatus? = reader.object("status")
        self.init()
        containers = spec?.containers ?? []
        serviceAccountName = spec?.serviceAccountName
        nodeName = spec?.nodeName
        hostNetwork = spec?.hostNetwork ?? false
        podIPs = status?.podIPs ?? []
        phase = status?.phase
        conditions = status?.conditions ?? []
    }
}

private struct PodSpec: ObjectReadable {
    var containers: [Pod.Container]
    var serviceAccountName: String?
    var nodeName: String?
    var hostNetwork: Bool

    init(_ reader: ObjectReader) {
        // A native sidecar is an init container, and its ports are as good as any.
        containers = reader.array("containers") + reader.array("initContainers")
        serviceAccountName = reader.string("serviceAccountName")
        nodeName = reader.string("nodeName")
        hostNetwork = reader.bool("hostNetwork") ?? false
        reader.ignoreOthers()
    }
}

private struct PodStatus: ObjectReadable {
    var podIPs: [String]
    var phase: String?
    var conditions: [Pod.PodCondition]

    init(_ reader: ObjectReader) {
        let addresses: [PodIP] = reader.array("podIPs")
        let first = reader.string("podIP", .ipAddress)
        podIPs = addresses.isEmpty ? first.map { [$0] } ?? [] : addresses.map(\.ip)
        phase = reader.string("phase")
        conditions = reader.array("conditions")
        reader.ignoreOthers()
    }
}

private struct PodIP: ObjectReadable {
    var ip: String

    init(_ reader: ObjectReader) { ip = reader.requiredString("ip", .ipAddress) }
}

extension Pod.Container: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(name: reader.requiredString("name", .dnsLabel))
        ports = reader.array("ports")
        reader.ignoreOthers()
    }
}

extension Pod.ContainerPort: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(containerPort: reader.requiredInteger("containerPort", in: .ports))
        name = reader.string("name", .portName)
        `protocol` = reader.choice("protocol") ?? `protocol`
        reader.ignore("hostPort", "hostIP")
    }
}

extension Pod.PodCondition: ObjectReadable {
    init(_ reader: ObjectReader) {
        self.init(
            type: reader.requiredString("type"), status: reader.requiredString("status"))
        reader.ignoreOthers()
    }
}

extension TextRule {
    /// An IPv4 or IPv6 address.
    fileprivate static let ipAddress = TextRule(
        "an IPv4 or IPv6 address", isWellFormed: isIPAddress)
}
