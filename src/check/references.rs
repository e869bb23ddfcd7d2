//! Writes and calls that may go through a reference: what they change, others see.

use super::Cx;
use super::types::Ty;
use crate::compiler::resolve::VarId;
use crate::syntax::ast::*;

/// Whether a write to the place may go through a reference.
pub fn may_be_reference<'a>(cx: &Cx<'a, '_>, id: VarId, place: &'a Expr<'a>) -> bool {
    let mut at = place;
    loop {
        let (recv, member) = match at.kind {
            ExprKind::Paren(inner) | ExprKind::OptChain(inner) => {
                at = inner;
                continue;
            }
            ExprKind::Field { recv, name, .. } => (recv, name.name),
            ExprKind::Index { recv, .. } => (recv, "op_set_index"),
            _ => return is_reference(cx, id),
        };
        if matches!(recv.kind, ExprKind::Name(_)) && is_value(cx, id) {
            return false;
        }
        // Only a class of another file can have what the program does not declare.
        let foreign = cx.res.meets_strangers && matches!(at.kind, ExprKind::Field { .. });
        if foreign || cx.class_members.contains(member) {
            return true;
        }
        at = recv;
    }
}

fn is_reference(cx: &Cx, id: VarId) -> bool {
    matches!(cx.types.of_var(id), Ty::Instance(ty) if cx.is_class(ty))
}

fn is_value(cx: &Cx, id: VarId) -> bool {
    match cx.types.of_var(id) {
        Ty::Instance(ty) => !cx.is_class(ty),
        Ty::Of(_) => true,
        _ => false,
    }
}

/// Whether a mutating call may change something that others see.
pub fn may_change_reference<'a>(
    cx: &Cx<'a, '_>,
    id: VarId,
    recv: &'a Expr<'a>,
    method: &str,
) -> bool {
    if matches!(recv.kind, ExprKind::Name(_)) && is_value(cx, id) {
        return false;
    }
    cx.class_members.contains(method)
        || cx.res.meets_strangers && !cx.builtins.is_mutating_method(method)
        || may_be_reference(cx, id, recv)
}
