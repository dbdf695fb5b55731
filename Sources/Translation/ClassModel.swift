import GatewayAPI
import HeddlePlugin

/// A GatewayClass or an XMesh of ours, judged.
struct ClassModel: Equatable {
    /// What it says.
    var status: ObjectStatus

    /// The release of the Gateway API that is served, as its definitions are marked.
    static let servedRelease = "v1.6"

    /// Nil where the resource is neither, or another controller's.
    init?(_ resource: Resource, context: TranslationContext) {
        let generation = resource.metadata.generation
        switch resource.content {
        case let content as GatewayClass:
            guard let role = Self.role(of: content) else { return nil }
            status = ObjectStatus(
                conditions: [
                    Self.accepted(
                        "Gateways of this class are served", content.parametersRef, generation),
                    Self.version(context, generation),
                ], supportedFeatures: role == .gateway ? SupportedFeatures.gateway : [])
        case let content as XMesh:
            guard content.controllerName == TranslationOptions.controllerName else { return nil }
            status = ObjectStatus(
                conditions: [
                    Self.accepted(
                        "routes of Services are served by their waypoints", content.parametersRef,
                        generation)
                ], supportedFeatures: SupportedFeatures.mesh)
        default: return nil
        }
    }

    /// What the proxies of a declared class are; nil where it is another controller's.
    static func role(of content: GatewayClass) -> GatewayModel.Role? {
        switch content.controllerName {
        case TranslationOptions.controllerName: .gateway
        case TranslationOptions.waypointControllerName: .waypoint
        default: nil
        }
    }

    private static func accepted(
        _ message: String, _ parameters: NamespacedObjectReference?, _ generation: Int?
    ) -> Condition {
        guard let parameters else {
            return Condition(
                .accepted, .true, .accepted, message: message, observedGeneration: generation)
        }
        return Condition(
            .accepted, .false, .invalidParameters,
            message: "spec.parametersRef: \(parameters.kind) \(parameters.name) says nothing that "
                + "is known; remove the field", observedGeneration: generation)
    }

    /// Whether the definitions among the objects are of the release that is served. Without any,
    /// as from a directory, there is none but Heddle's own.
    private static func version(_ context: TranslationContext, _ generation: Int?) -> Condition {
        let definitions = context.objects(.customResourceDefinition, namespace: "")
        let releases = definitions.compactMap {
            ($0.content as? CustomResourceDefinition)?.bundleVersion
        }
        let others = Set(releases.filter { !isServed($0) }).sorted()
        if others.isEmpty {
            return Condition(
                .supportedVersion, .true, .supportedVersion,
                message: releases.isEmpty
                    ? "no definitions are installed; objects are read as of \(servedRelease)"
                    : "the definitions installed are of \(servedRelease)",
                observedGeneration: generation)
        }
        return Condition(
            .supportedVersion, .false, .unsupportedVersion,
            message:
                "the definitions installed are of \(others.joined(separator: ", ")); what they "
                + "have in common with \(servedRelease) is served; install \(servedRelease)",
            observedGeneration: generation)
    }

    private static func isServed(_ release: String) -> Bool {
        release == servedRelease || release.hasPrefix(servedRelease + ".")
            || release.hasPrefix(servedRelease + "-")
    }
}
