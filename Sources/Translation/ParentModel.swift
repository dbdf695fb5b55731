import GatewayAPI
import HeddlePlugin

/// What routes see of an object that declares listeners: a Gateway of ours, or a ListenerSet of
/// one.
///
/// It has nothing of what the listeners have become, so that routes are not translated again when
/// a certificate is renewed or another object's listener comes.
struct ParentModel: Equatable {
    /// The Gateway whose proxies serve the listeners.
    var gateway: ObjectReference
    /// The object that declares them: the Gateway, or a ListenerSet.
    var owner: ObjectReference
    /// What the Gateway's proxies are.
    var role: GatewayModel.Role
    /// The listeners as declared.
    var listeners: [Gateway.Listener]
    /// Why no route can attach, or nil; of a ListenerSet that its Gateway does not take.
    var refusal: String?

    /// Whether a listener lets routes of a namespace attach.
    ///
    /// `Same` means the owner's namespace: a ListenerSet's own, not its Gateway's.
    func allows(
        routesOf namespace: String, at listener: Gateway.Listener, context: TranslationContext
    ) -> Bool {
        let namespaces = listener.allowedRoutes.namespaces
        return Self.allows(
            namespace, from: namespaces.from, selector: namespaces.selector,
            owner: owner, context: context)
    }

    /// Whether an owner's choice of namespaces has one.
    static func allows(
        _ namespace: String, from: Gateway.FromNamespaces, selector: LabelSelector?,
        owner: ObjectReference, context: TranslationContext
    ) -> Bool {
        switch from {
        case .all: return true
        case .same: return namespace == owner.namespace
        case .selector:
            guard let selector else { return false }
            let object = context.object(ObjectReference(.namespace, name: namespace))
            return object.map { selector.matches($0.metadata.labels) } ?? false
        case .none, .unknown: return false
        }
    }
}
