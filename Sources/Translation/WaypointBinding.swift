import GatewayAPI
import HeddlePlugin

/// Which waypoint a Service is enrolled with, and by which label.
///
/// The Service's own label wins over its Namespace's; `none` opts out; a waypoint that is named
/// and not usable is an error, not a reason to look further.
enum WaypointBinding: Equatable {
    /// No label asks for a waypoint.
    case notEnrolled
    /// The waypoint; its Gateway.
    case bound(ObjectReference)
    /// A label asks for a waypoint that cannot be used.
    case refused(reason: ConditionReason, message: String)

    static let useWaypoint = "istio.io/use-waypoint"
    static let useWaypointNamespace = "istio.io/use-waypoint-namespace"
    static let waypointFor = "istio.io/waypoint-for"

    /// Resolves the labels of a Service.
    static func resolve(_ service: Resource, context: TranslationContext) -> WaypointBinding {
        let own = service.metadata.labels
        if let name = own[useWaypoint] {
            return resolve(name, own[useWaypointNamespace], service, by: "the Service", context)
        }
        let namespaceName = service.reference.namespace
        let namespace = context.object(ObjectReference(.namespace, name: namespaceName))
        guard let labels = namespace?.metadata.labels, let name = labels[useWaypoint] else {
            return .notEnrolled
        }
        return resolve(name, labels[useWaypointNamespace], service, by: "its Namespace", context)
    }

    private static func resolve(
        _ name: String, _ namespace: String?, _ service: Resource, by label: String,
        _ context: TranslationContext
    ) -> WaypointBinding {
        if name == "none" || name.isEmpty { return .notEnrolled }
        let reference = ObjectReference(
            .gateway, namespace: namespace ?? service.reference.namespace, name: name)
        let place = "\(useWaypoint)=\(name) on \(label)"
        guard let resource = context.object(reference),
            let model = context.model(ParentModel.self, reference), model.role == .waypoint
        else {
            return .refused(
                reason: "WaypointIsNotReady",
                message: "\(place) names a waypoint \(reference.namespace)/\(name) that does not "
                    + "exist; create it with: heddlectl waypoint apply --name \(name) "
                    + "--namespace \(reference.namespace)")
        }
        let traffic = resource.metadata.labels[waypointFor] ?? "service"
        guard traffic == "service" || traffic == "all" else {
            return .refused(
                reason: "UnsupportedTrafficType",
                message: "\(place) names a waypoint for \(traffic) traffic, which takes no "
                    + "Service; label the Gateway \(waypointFor)=service")
        }
        let allowed = model.listeners.contains {
            model.allows(routesOf: service.reference.namespace, at: $0, context: context)
        }
        guard allowed else {
            return .refused(
                reason: "AttachmentDenied",
                message: "\(place) names a waypoint whose listeners do not let namespace "
                    + "\(service.reference.namespace) in; set their allowedRoutes.namespaces")
        }
        return .bound(reference)
    }
}
