import GatewayAPI
import HeddlePlugin
import XDS

/// A Gateway of ours, judged: its role, and what becomes of each listener and ListenerSet.
struct GatewayModel: Equatable {
    /// What its proxies are.
    enum Role: Equatable {
        /// Takes traffic at the edge.
        case gateway
        /// Takes the traffic to Services.
        case waypoint
    }

    /// A ListenerSet that names the Gateway, judged.
    struct AttachedSet: Equatable {
        var reference: ObjectReference
        /// Why it is not taken at all, or nil.
        var refusal: ListenerModel.Problem?
        var listeners: [ListenerModel]

        /// Whether it adds a listener to the Gateway.
        var isAccepted: Bool {
            refusal == nil && listeners.contains { $0.notAccepted == nil && $0.conflict == nil }
        }
    }

    let reference: ObjectReference
    let role: Role
    /// The Gateway's own listeners.
    var listeners: [ListenerModel] = []
    /// The ListenerSets, the older first.
    var sets: [AttachedSet] = []
    /// What its proxies bind to.
    var addresses: [String] = []
    /// Why the whole is not accepted, or nil.
    var notAccepted: ListenerModel.Problem?
    /// Why an address that it asks for cannot be bound, or nil.
    var unusableAddress: ListenerModel.Problem?
    /// Why the reference to its client certificate is not resolved, or nil.
    var unresolved: ListenerModel.Problem?
    /// The name of the secret with the certificate that backends are shown.
    var clientCertificate: String?
    /// The fields that let clients in without a valid certificate.
    var insecureFields: [String] = []
    /// `spec.infrastructure`, for the objects that are made for the Gateway.
    var infrastructure: Gateway.Infrastructure?
    /// The secrets that its listeners and its client certificate name.
    var secrets: [String: XDS.Secret] = [:]
    /// Which listener a name belongs to, at each port and family.
    private(set) var owners: [Place: [String: ListenerID]] = [:]
    private var byID: [ListenerID: ListenerModel] = [:]
    /// The ports at which proxies serve plain HTTP.
    private var httpPorts: Set<Int> = []

    /// A port's part that listeners share.
    struct Place: Hashable {
        var port: Int
        var family: ListenerModel.Family
    }

    /// What stands for every Gateway that takes routes without a parent.
    static let defaultGateways = ObjectReference(.gateway, name: "")

    /// The Gateway that a ListenerSet extends, and what finds the Gateways of a default scope;
    /// nothing for other objects.
    static func targets(of resource: Resource) -> [ObjectReference] {
        switch resource.content {
        case let set as ListenerSet:
            [set.parentRef.reference(from: resource.reference.namespace)]
        case let gateway as Gateway where gateway.defaultScope == .all: [defaultGateways]
        default: []
        }
    }

    /// Nil where the resource is no Gateway, or one of another controller's class.
    init?(
        _ resource: Resource, plugins: PluginRegistry, options: TranslationOptions,
        context: TranslationContext
    ) {
        guard let gateway = resource.content as? Gateway,
            let role = Self.role(of: gateway.gatewayClassName, context: context)
        else { return nil }
        reference = resource.reference
        self.role = role
        infrastructure = gateway.infrastructure
        judge(gateway, options: options)
        var judge = ListenerJudge(gateway, reference, role, plugins: plugins, context: context)
        listeners = judge.judge(gateway.listeners, of: reference)
        if role == .gateway {
            sets = context.objects(.listenerSet, targeting: reference).compactMap {
                set($0, gateway, &judge, context)
            }
            resolveConflicts()
        }
        judgeClientCertificate(gateway, &judge)
        if notAccepted != nil { refuseListeners() }
        insecureFields = judge.insecureFields
        let all = allListeners
        let served = all.filter(\.isServed)
        let used = Set(served.flatMap(\.secretNames) + [clientCertificate].compactMap { $0 })
        secrets = judge.secrets.filter { used.contains($0.key) }
        owners = Self.nameOwners(all)
        for listener in all { byID[listener.id] = listener }
        httpPorts = Set(served.lazy.filter { $0.family == .http }.map(\.spec.port))
    }

    /// All listeners, in the order in which they go before one another.
    var allListeners: [ListenerModel] {
        listeners + sets.filter { $0.refusal == nil }.flatMap(\.listeners)
    }

    /// The listeners that proxies serve.
    var served: [ListenerModel] { allListeners.filter(\.isServed) }

    /// A listener; nil where there is none, or where its ListenerSet is refused.
    func listener(_ id: ListenerID) -> ListenerModel? { byID[id] }

    /// Whether a listener's name belongs to it, and not to one that goes before it.
    func owns(_ listener: ListenerModel) -> Bool {
        guard let family = listener.family else { return false }
        let place = Place(port: listener.spec.port, family: family)
        return owners[place]?[listener.hostname] == listener.id
    }

    /// Whether proxies have the route configuration of a listener.
    func servesRoutes(of listener: ListenerModel) -> Bool {
        switch listener.spec.protocol {
        case .http: httpPorts.contains(listener.spec.port)
        case .https: listener.isServed
        default: false
        }
    }

    /// The objects that declare listeners, as routes see them.
    var parents: [ParentModel] {
        let own = ParentModel(
            gateway: reference, owner: reference, role: role, listeners: listeners.map(\.spec))
        return [own]
            + sets.map { set in
                ParentModel(
                    gateway: reference, owner: set.reference, role: role,
                    listeners: set.listeners.map(\.spec), refusal: set.refusal?.message)
            }
    }

    /// The listener that a host belongs to: the one with the most specific name that stands for
    /// it, whether it is served or not.
    func owner(of host: String, port: Int, family: ListenerModel.Family) -> ListenerID? {
        guard let names = owners[Place(port: port, family: family)] else { return nil }
        for name in Hostname.covering(host) {
            if let owner = names[name] { return owner }
        }
        return nil
    }

    // MARK: Parts

    /// The classes that exist without being declared, and the declared ones that name us.
    private static func role(of className: String, context: TranslationContext) -> Role? {
        let declared = context.content(
            GatewayClass.self, ObjectReference(.gatewayClass, name: className))
        if let declared {
            // Existing manifests of Istio's class apply unchanged.
            let isIstios =
                className == "istio-waypoint"
                && declared.controllerName == "istio.io/mesh-controller"
            return isIstios ? .waypoint : ClassModel.role(of: declared)
        }
        switch className {
        case "heddle": return .gateway
        case "heddle-waypoint", "istio-waypoint": return .waypoint
        default: return nil
        }
    }

    private func set(
        _ resource: Resource, _ gateway: Gateway, _ judge: inout ListenerJudge,
        _ context: TranslationContext
    ) -> AttachedSet? {
        guard let content = resource.content as? ListenerSet else { return nil }
        let namespaces = gateway.allowedListeners.namespaces
        var refusal: ListenerModel.Problem?
        let isAllowed = ParentModel.allows(
            resource.reference.namespace, from: namespaces.from, selector: namespaces.selector,
            owner: reference, context: context)
        if !isAllowed {
            refusal = .init(
                .notAllowed,
                "\(reference) takes no ListenerSet of namespace \(resource.reference.namespace); "
                    + "set its spec.allowedListeners.namespaces")
        } else if let notAccepted {
            refusal = .init(
                .parentNotAccepted, "\(reference) is not accepted: \(notAccepted.message)")
        }
        return AttachedSet(
            reference: resource.reference, refusal: refusal,
            listeners: judge.judge(content.listeners, of: resource.reference))
    }

    private mutating func judgeClientCertificate(
        _ gateway: Gateway, _ judge: inout ListenerJudge
    ) {
        guard let reference = gateway.tls?.backend?.clientCertificateRef else { return }
        switch judge.clientCertificate(reference) {
        case .success(let name): clientCertificate = name
        case .failure(let problem): unresolved = problem
        }
    }

    /// Nothing of a Gateway that is not accepted is served.
    private mutating func refuseListeners() {
        for index in listeners.indices where listeners[index].notAccepted == nil {
            listeners[index].notAccepted = .init(.invalid, "\(reference) is not accepted")
        }
    }

    /// Names belong to listeners that are not served, too: what is broken costs itself, and no
    /// wider listener takes its requests.
    private static func nameOwners(
        _ listeners: [ListenerModel]
    ) -> [Place: [String: ListenerID]] {
        var owners: [Place: [String: ListenerID]] = [:]
        for isServed in [true, false] {
            for listener in listeners where listener.isServed == isServed {
                guard let family = listener.family, family.hasNames else { continue }
                let place = Place(port: listener.spec.port, family: family)
                if owners[place]?[listener.hostname] == nil {
                    owners[place, default: [:]][listener.hostname] = listener.id
                }
            }
        }
        return owners
    }
}

extension ListenerModel {
    /// The secrets that it needs.
    var secretNames: [String] { certificates + [validation?.secret].compactMap { $0 } }
}
