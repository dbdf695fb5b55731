import HTTPRoutePlugin
public import HeddlePlugin

/// The plugins that come with Heddle: the only place that lists them.
public enum BuiltIn {
    /// One of each.
    public static var plugins: [any Plugin] {
        [HTTPRouteTranslator()]
    }
}
