public import GatewayAPI

/// What extends the translation: a ``RoutePlugin``, a ``PolicyPlugin`` or a ``BackendPlugin``.
///
/// A plugin reads other objects only through the context of a call, which records what it asked
/// for: what depends on an object is translated again when that object changes, and never
/// otherwise. It keeps no state between calls, and may be called from any thread.
public protocol Plugin: Sendable {
    /// The plugin's name, as `heddlectl` and the log show it.
    var name: String { get }

    /// The kinds it translates; two plugins may not claim one kind.
    var kinds: [GroupKind] { get }
}
