public import GatewayAPI

/// Makes objects of one or more kinds usable as filters of HTTP and gRPC routes, by
/// `extensionRef`.
public protocol FilterPlugin: Plugin {
    /// Applies a filter to one of a rule's routes.
    ///
    /// - Parameters:
    ///   - filter: The object that the rule names, of one of ``Plugin/kinds``.
    ///   - route: The route, with the rule's other filters in it; changed in place.
    ///   - context: The only way to read other objects.
    /// - Returns: Why it cannot be applied, or nil. The rule's requests then get an error, never
    ///   a route without the filter.
    func apply(
        _ filter: Resource, to route: inout TranslatedRoute, context: TranslationContext
    ) -> RouteTranslation.Problem?
}
