/// What of the inputs has changed since a table was compiled of them, so that the next one costs
/// the size of the change.
package struct RoutingChanges: Sendable {
    /// Clusters or endpoints.
    package var clusters = false
    /// Secrets.
    package var secrets = false
    /// The names of virtual hosts that came, changed or went.
    package var virtualHosts: Set<String> = []
    /// Listeners, route configurations, or anything else.
    package var others = false

    /// Nothing has changed.
    package init() {}
}
