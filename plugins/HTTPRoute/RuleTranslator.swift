package import GatewayAPI
package import HeddlePlugin
import XDS

/// Translates the rules of one route for one parent.
///
/// Each match of a rule becomes one xDS route, or several where backends have filters that change
/// the path or answer themselves.
package struct RuleTranslator {
    let route: ObjectReference
    let parent: AttachedParent
    let context: TranslationContext
    /// What has come of it so far.
    package private(set) var translation = RouteTranslation()
    private var dropped: RouteTranslation.Problem?

    /// A translator of a route's rules.
    package init(route: ObjectReference, parent: AttachedParent, context: TranslationContext) {
        self.route = route
        self.parent = parent
        self.context = context
    }

    /// Translates a rule.
    package mutating func add(_ rule: Rule) {
        do throws(NotServed) {
            try translate(rule)
        } catch {
            drop(error)
        }
    }

    /// Leaves a rule out.
    package mutating func drop(_ refusal: NotServed) { dropped = dropped ?? refusal.problem }

    /// What came of all the rules: with some of them left out the route is served in part, with
    /// all of them not at all (HTTPRouteStatus, PartiallyInvalid).
    package func finished() -> RouteTranslation {
        var result = translation
        if result.routes.isEmpty {
            result.notAccepted = dropped
        } else {
            result.partiallyInvalid = dropped
        }
        return result
    }

    private mutating func translate(_ rule: Rule) throws(NotServed) {
        try FilterTranslation.check(rule.filters, path: "\(rule.path).filters")
        let backends = try RuleBackends(rule, self)
        translation.unresolved = translation.unresolved ?? backends.unresolved
        var routes: [TranslatedRoute] = []
        for (match, precedence) in rule.matches {
            for var translated in try backends.routes(for: match, precedence) {
                backends.applySession(to: &translated)
                try FilterTranslation.apply(rule, to: &translated, self)
                routes.append(translated)
            }
        }
        // Only a rule that is served as a whole is served.
        translation.unresolved =
            translation.unresolved ?? FilterTranslation.unresolved(rule, self)
        translation.routes += routes
    }
}
