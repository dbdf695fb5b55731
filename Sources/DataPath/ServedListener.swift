import Routing

/// A listener with what its filter chains need of TLS: made once for all workers.
final class ServedListener: Sendable {
    let compiled: CompiledListener
    /// Its filter chains; none of a listener for datagrams.
    let chains: CompiledFilterChains
    /// By filter chain; nil for plain text.
    let contexts: [TLSContext?]
    /// Every connection is plain HTTP, by the only filter chain.
    let isPlainHTTP: Bool

    init(
        _ compiled: CompiledListener, _ chains: CompiledFilterChains = .none,
        contexts: [TLSContext?] = []
    ) {
        self.compiled = compiled
        self.chains = chains
        self.contexts = contexts
        let first = chains.all.first
        if case .http = first?.filter {
            isPlainHTTP = chains.all.count == 1 && chains.takesAll && first?.tls == nil
        } else {
            isPlainHTTP = false
        }
    }
}
