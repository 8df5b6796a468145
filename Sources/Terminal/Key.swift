/// A key that somebody pressed, or text that was pasted.
package enum Key: Hashable, Sendable {
    case character(Character)
    /// Several lines become one: a paste never submits.
    case paste(String)
    case enter
    case tab
    case backspace
    case delete
    case left
    case right
    case wordLeft
    case wordRight
    case up
    case down
    case home
    case end
    case pageUp
    case pageDown
    /// Alone: what begins a sequence is none.
    case escape
    /// With the control key: the lower-case letter.
    case control(Character)
}
