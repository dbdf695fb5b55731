/// What the operator of the control plane decides about the translation.
package struct TranslationOptions: Sendable {
    /// The name that stands in statuses, and in the GatewayClasses that are ours.
    package static let controllerName = "heddle.dev/gateway-controller"
    /// The controller of GatewayClasses for waypoints.
    package static let waypointControllerName = "heddle.dev/waypoint-controller"

    /// The domain of Service names.
    package var clusterDomain = "cluster.local"
    /// The address that listeners bind to, unless a Gateway names its own.
    package var bindAddress = "0.0.0.0"
    /// The port at which a waypoint takes plain HTTP, 1 to 65535.
    package var waypointPort = 15080

    /// The defaults.
    package init() {}
}
