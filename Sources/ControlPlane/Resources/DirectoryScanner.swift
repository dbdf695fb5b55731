import GatewayAPI
import Glibc

/// Knows the manifest files below a folder, and finds out which of them changed.
///
/// Notifications only mark what is to be looked at; what is true is read from the disk, so that
/// their order, and gaps in them, do not matter. A folder is watched before it is listed: what
/// comes later is notified, what came before is listed.
///
/// Hidden names are left out, and with them editors' temporary files. A link to a file is
/// followed and its target watched; a link to a folder is not followed. A ConfigMap mount is a
/// folder of links through `..data`, which is replaced as a whole: any change of a name that
/// begins with `..` makes the folder be looked through again.
struct DirectoryScanner: ~Copyable {
    private struct Folder {
        /// The kernel's number; nil for a folder that could not be watched.
        var watch: Int32?
        /// The manifest files by name; nil for one that could not be read.
        var files: [String: FileSignature?] = [:]
        var subfolders: Set<String> = []
    }

    /// What a watch is for.
    private enum Target: Hashable {
        case folder(String)
        /// The target of the link that a file is.
        case link(file: String)
        /// The folder the root is in, or its nearest ancestor that exists.
        case anchor
    }

    /// The folder, as given: the paths of files begin with it.
    let root: String
    private let inotify: Inotify
    private var folders: [String: Folder] = [:]
    private var targets: [Int32: Set<Target>] = [:]
    /// The folders whose problem was reported.
    private var problems: Set<String> = []
    private var dirtyFolders: Set<String> = []
    private var dirtyFiles: Set<String> = []
    private var isRootDirty = true
    private var isRootAway = false
    private var changes: [FileChange] = []

    /// Makes a scanner that has not looked yet.
    ///
    /// - Throws: ``DirectorySource/Failure`` when the kernel offers no notifications.
    init(root: String) throws(DirectorySource.Failure) {
        var root = root
        while root.count > 1, root.hasSuffix("/") { root.removeLast() }
        self.root = root
        inotify = try Inotify()
    }

    /// The descriptor that becomes readable when there are notifications.
    var descriptor: Int32 { inotify.descriptor }

    /// Takes the notifications that have arrived.
    ///
    /// - Returns: Whether anything is to be looked at.
    mutating func takeEvents() -> Bool {
        for event in inotify.events() { note(event) }
        return isRootDirty || !dirtyFolders.isEmpty || !dirtyFiles.isEmpty
    }

    /// Looks at what was marked, and answers what changed; the first time, all files.
    mutating func takeChanges() -> [FileChange] {
        if isRootDirty { rescan() }
        for path in dirtyFolders.sorted() where folders[path] != nil { scan(path) }
        dirtyFolders = []
        for path in dirtyFiles.sorted() { check(path) }
        dirtyFiles = []
        defer { changes = [] }
        return changes
    }
}

// MARK: - Notifications

extension DirectoryScanner {
    /// Marks what a notification says is to be looked at.
    mutating func note(_ event: Inotify.Event) {
        // The kernel dropped some: all is looked at again.
        if event.has(IN_Q_OVERFLOW) { isRootDirty = true }
        for target in targets[event.watch] ?? [] {
            switch target {
            case .folder(let path): note(event, inFolder: path)
            case .link(let file): dirtyFiles.insert(file)
            case .anchor: noteAtAnchor(event)
            }
        }
        if event.has(IN_IGNORED) { targets[event.watch] = nil }
    }

    private mutating func note(_ event: Inotify.Event, inFolder path: String) {
        if event.name.isEmpty {
            if event.has(IN_ATTRIB) { dirtyFolders.insert(path) }
            if path == root, event.has(IN_DELETE_SELF) || event.has(IN_MOVE_SELF) {
                isRootDirty = true
            }
        } else if event.has(IN_ISDIR) || event.name.hasPrefix("..") {
            dirtyFolders.insert(path)
        } else if isManifestName(event.name) {
            let file = path + "/" + event.name
            // A file that was only opened for writing is read when it is closed.
            if !event.has(IN_CREATE) || !isBeingWritten(file) { dirtyFiles.insert(file) }
        }
    }

    private mutating func noteAtAnchor(_ event: Inotify.Event) {
        if event.has(IN_ATTRIB) { return }
        if isRootAway || event.name.isEmpty || event.name == lastComponent(of: root) {
            isRootDirty = true
        }
    }

    private func isBeingWritten(_ file: String) -> Bool {
        var status = stat()
        guard lstat(file, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1
    }
}

// MARK: - Looking

extension DirectoryScanner {
    /// Watches and reads everything anew.
    private mutating func rescan() {
        isRootDirty = false
        for watch in targets.keys { inotify.unwatch(watch) }
        targets = [:]
        watchAnchor()
        guard FileSignature(path: root) != nil else {
            // A root that is away may come back, so nothing is concluded from it.
            isRootAway = true
            report(
                "the folder is missing; what it held stays in use until it is back", of: root)
            return
        }
        isRootAway = false
        // Nothing is watched, and no file counts as known, so all are visited and read.
        folders = folders.mapValues { folder in
            Folder(files: folder.files.mapValues { _ in nil }, subfolders: folder.subfolders)
        }
        scan(root)
    }

    /// Watches where the root, or a folder on the way to it, will show up or go away.
    private mutating func watchAnchor() {
        var path = root
        repeat {
            path = parent(of: path)
            let watch = inotify.watch(path)
            guard watch >= 0 else { continue }
            targets[watch, default: []].insert(.anchor)
            return
        } while path != "/" && path != "."
    }

    /// Watches and lists a folder, and reads the files in it that are not as they were.
    private mutating func scan(_ path: String) {
        let known = folders[path]
        let watch = inotify.watch(path)
        guard let names = list(path) else { return noteUnreadable(path, errno) }
        if watch >= 0 {
            targets[watch, default: []].insert(.folder(path))
            clearProblem(of: path)
        } else {
            report(
                "changes in the folder are not seen: \(systemErrorText(-watch)); raise "
                    + "fs.inotify.max_user_watches", of: path)
        }
        var folder = Folder(watch: watch >= 0 ? watch : nil)
        for name in names where !name.hasPrefix(".") {
            let child = path + "/" + name
            if isFolder(child) {
                folder.subfolders.insert(name)
            } else if isManifestName(name) {
                folder.files[name] = examine(child, known: known?.files[name] ?? nil)
            }
        }
        folders[path] = folder
        for name in known?.files.keys.sorted() ?? [] where folder.files[name] == nil {
            changes.append(.removed(path: path + "/" + name))
        }
        for name in known?.subfolders ?? [] where !folder.subfolders.contains(name) {
            forget(path + "/" + name)
        }
        for name in folder.subfolders.sorted() {
            let child = path + "/" + name
            let isWatched = folders[child]?.watch.map { $0 == inotify.watch(child) } ?? false
            if !isWatched { scan(child) }
        }
    }

    private mutating func noteUnreadable(_ path: String, _ number: Int32) {
        let isGone = number == ENOENT || number == ENOTDIR
        if isGone, path != root { return forget(path) }
        isRootAway = isRootAway || isGone
        folders[path] = folders[path] ?? Folder()
        folders[path]?.watch = nil
        report(
            "the folder cannot be read: \(systemErrorText(number)); what it held stays in use",
            of: path)
    }

    /// Looks at a file that a notification named; it is read even if it looks the same.
    private mutating func check(_ path: String) {
        let folder = parent(of: path)
        let name = lastComponent(of: path)
        guard folders[folder] != nil, !isFolder(path) else { return }
        let wasKnown = folders[folder]?.files[name] != nil
        let signature = examine(path, known: nil)
        folders[folder]?.files[name] = signature
        if signature == nil, wasKnown { changes.append(.removed(path: path)) }
    }

    /// Reads a file unless it is as known.
    ///
    /// - Returns: Nil when it is missing, a signature of nil when it cannot be read.
    private mutating func examine(_ path: String, known: FileSignature?) -> FileSignature?? {
        watchLinkTarget(path)
        if let known, FileSignature(path: path) == known { return known }
        switch ManifestFile.read(path) {
        case .content(let bytes, let signature):
            changes.append(.written(path: path, bytes: bytes))
            return signature
        case .missing: return nil
        case .unreadable(let code, let reason):
            changes.append(.unreadable(path: path, code: code, reason: reason))
            return .some(nil)
        }
    }

    private mutating func watchLinkTarget(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return }
        let watch = inotify.watch(path)
        if watch >= 0 { targets[watch, default: []].insert(.link(file: path)) }
    }

    /// Drops a folder that is gone, with all below it.
    private mutating func forget(_ path: String) {
        guard let folder = folders.removeValue(forKey: path) else { return }
        clearProblem(of: path)
        if let watch = folder.watch {
            targets[watch]?.remove(.folder(path))
            if targets[watch]?.isEmpty ?? false {
                targets[watch] = nil
                inotify.unwatch(watch)
            }
        }
        for name in folder.files.keys.sorted() {
            changes.append(.removed(path: path + "/" + name))
        }
        for name in folder.subfolders.sorted() { forget(path + "/" + name) }
    }

    private mutating func report(_ problem: String, of path: String) {
        problems.insert(path)
        changes.append(.folder(path: path, problem: problem))
    }

    private mutating func clearProblem(of path: String) {
        guard problems.remove(path) != nil else { return }
        changes.append(.folder(path: path, problem: nil))
    }
}

// MARK: - Paths

/// Whether a name in a folder is that of a file of manifests.
private func isManifestName(_ name: String) -> Bool {
    !name.hasPrefix(".") && [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) }
}

private func isFolder(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

private func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return path == "." ? ".." : "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
}

private func lastComponent(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}

/// The names in a folder, sorted; nil, with `errno` set, when it cannot be read. Names that are not
/// UTF-8 are left out.
private func list(_ path: String) -> [String]? {
    guard let folder = opendir(path) else { return nil }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
            String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if let name { names.append(name) }
    }
    return names.sorted()
}
