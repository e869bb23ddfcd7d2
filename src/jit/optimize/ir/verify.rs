//! The conditions that must hold of every graph, checked after every pass in
//! debug builds.

use super::{B, Class, End, Graph, Op, Rep, V};

/// Says what is wrong with a graph.
///
/// # Errors
/// With the first thing found.
pub fn verify(graph: &Graph) -> Result<(), String> {
    let mut home: Vec<Option<(B, usize)>> = vec![None; graph.insts.len()];
    for &b in &graph.order {
        let block = graph.block(b);
        for &v in &block.params {
            home[v.index()] = Some((b, 0));
        }
        for (place, &v) in block.insts.iter().enumerate() {
            if home[v.index()].is_some() {
                return Err(format!("v{} is in two places", v.0));
            }
            home[v.index()] = Some((b, place + 1));
        }
    }
    let available = |v: V, (b, place): (B, usize)| match home[v.index()] {
        Some((defined, at)) if defined == b => at < place || at == 0,
        Some((defined, _)) => graph.dominates(defined, b),
        None => false,
    };
    for &b in &graph.order {
        let block = graph.block(b);
        for (place, &v) in block.insts.iter().enumerate() {
            let inst = graph.inst(v);
            let here = (b, place + 1);
            for &arg in graph.args(v) {
                if !available(arg, here) {
                    return Err(format!("v{} uses v{} too early", v.0, arg.0));
                }
                if graph.inst(arg).rep == Rep::None {
                    return Err(format!("v{} uses v{}, which is no value", v.0, arg.0));
                }
            }
            let mut early = None;
            graph.state_values(v, &mut |arg| {
                if !available(arg, here) {
                    early = Some(arg);
                }
            });
            if let Some(arg) = early {
                return Err(format!("the state of v{} has v{} too early", v.0, arg.0));
            }
            if inst.op.class() == Class::Guard && inst.state.is_none() {
                return Err(format!("v{} has no state", v.0));
            }
            reps(graph, v)?;
        }
        let end = (b, usize::MAX);
        match &block.end {
            End::Open => return Err(format!("b{} has no end", b.0)),
            End::Jump(edge) => {
                let params = &graph.block(edge.to).params;
                if params.len() != edge.args.len() {
                    return Err(format!("b{} gives b{} too few", b.0, edge.to.0));
                }
                for (&param, &arg) in params.iter().zip(&edge.args) {
                    if !available(arg, end) {
                        return Err(format!("b{} gives v{} too early", b.0, arg.0));
                    }
                    if graph.inst(param).rep != graph.inst(arg).rep {
                        return Err(format!("v{} comes as another kind of v{}", arg.0, param.0));
                    }
                }
            }
            End::If(v, yes, no) => {
                if !available(*v, end) || graph.inst(*v).rep != Rep::Bool {
                    return Err(format!("b{} decides by v{}", b.0, v.0));
                }
                for next in [yes, no] {
                    let block = graph.block(*next);
                    if block.preds != [b] || !block.params.is_empty() {
                        return Err(format!("b{} is reached by a branch and more", next.0));
                    }
                }
            }
            End::Return(v) => {
                if !available(*v, end) || graph.inst(*v).rep != Rep::Tagged {
                    return Err(format!("b{} returns v{}", b.0, v.0));
                }
            }
            End::ToBaseline(_) | End::Never => {}
        }
    }
    Ok(())
}

/// The representations that an operation wants.
fn reps(graph: &Graph, v: V) -> Result<(), String> {
    use Rep::{Bool, Float, Int, Raw, Tagged, Word};
    let inst = graph.inst(v);
    if inst.rep == Word {
        // Low bits are those of any int, with a sign or without.
        let whole = |&arg: &V| matches!(graph.inst(arg).rep, Int | Word);
        let fits = match inst.op {
            Op::Add | Op::Sub | Op::Mul | Op::Shl | Op::And | Op::Or | Op::Xor | Op::Not => {
                graph.args(v).iter().all(whole)
            }
            Op::AsWord => whole(&graph.arg(v, 0)),
            Op::UnboxWord => graph.inst(graph.arg(v, 0)).rep == Tagged,
            Op::ConstWord | Op::Param => true,
            Op::ShrWord | Op::DivWord | Op::RemWord => graph.inst(graph.arg(v, 0)).rep == Word,
            _ => false,
        };
        return match fits {
            true => Ok(()),
            false => Err(format!("v{} cannot be a word", v.0)),
        };
    }
    let wanted: &[Rep] = match graph.inst(v).op {
        Op::UnboxInt | Op::UnboxFloat | Op::IsTrue | Op::Same | Op::NumberToFloat => &[Tagged],
        Op::GuardInt | Op::GuardFloat | Op::GuardShape | Op::GuardShapeOrNull | Op::GuardKind => {
            &[Tagged]
        }
        Op::BoxInt | Op::BoxIntChecked | Op::IntToFloat | Op::Not => &[Int],
        Op::BoxWord | Op::WordToFloat => &[Word],
        Op::DivWord | Op::RemWord => &[Word, Word],
        Op::BoxFloat | Op::FloatNeg | Op::FloatAbs | Op::FloatSqrt | Op::Floor | Op::Truncate => {
            &[Float]
        }
        Op::BoxBool | Op::NotBool => &[Bool],
        Op::Compare if graph.inst(graph.arg(v, 0)).rep == Word => &[Word, Word],
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Compare | Op::TestBits => &[Int, Int],
        Op::AddChecked | Op::SubChecked | Op::MulChecked | Op::GuardBounds => &[Int, Int],
        Op::FloatAdd | Op::FloatSub | Op::FloatMul | Op::FloatDiv => &[Float, Float],
        Op::CompareFloat => &[Float, Float],
        Op::LoadElement => &[Raw, Int, Tagged],
        Op::StoreElement => &[Raw, Int, Tagged, Tagged],
        Op::StoreReg | Op::Share | Op::LoadField | Op::LoadLen => &[Tagged],
        Op::StoreField => &[Tagged, Tagged],
        _ => return Ok(()),
    };
    let args = graph.args(v);
    let fits = args.len() == wanted.len()
        && args
            .iter()
            .zip(wanted)
            .all(|(&arg, &rep)| graph.inst(arg).rep == rep);
    if fits {
        Ok(())
    } else {
        Err(format!("v{} has arguments of the wrong kind", v.0))
    }
}
