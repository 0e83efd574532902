//! Adds a counter of executed instructions to the module of WebAssembly that it reads, and writes the module.
//!
//! The counter is an exported global. It grows at the start of each piece of code without branches, by the number of
//! instructions in the piece. What only marks where a block begins or ends is no instruction.

#![forbid(unsafe_code)]

use std::convert::Infallible;
use std::error::Error;
use std::io::{self, Read, Write};

use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    CodeSection, ConstExpr, ExportKind, ExportSection, Function, GlobalSection, GlobalType, Instruction, Module,
    ValType,
};
use wasmparser::{ExportSectionReader, FunctionBody, GlobalSectionReader, Operator, Parser};

/// The name of the exported counter.
const COUNTER: &str = "executed instructions";

fn main() -> Result<(), Box<dyn Error>> {
    let mut module = Vec::new();
    io::stdin().read_to_end(&mut module)?;
    Ok(io::stdout().write_all(&instrumented(&module)?)?)
}

fn instrumented(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let (mut output, mut counter) = (Module::new(), Counter { global: None, is_exported: false });
    counter.parse_core_module(&mut output, Parser::new(0), module)?;
    if !counter.is_exported {
        return Err("the module has no global, or exports nothing".into());
    }
    Ok(output.finish())
}

struct Counter {
    /// The index of the counter, after the module's own globals.
    global: Option<u32>,
    is_exported: bool,
}

impl Counter {
    /// Writes a piece of code without branches, in front of it what counts its instructions.
    fn write(&self, function: &mut Function, piece: &mut Vec<Instruction<'_>>, instructions: &mut u32) {
        if let (Some(global), 1..) = (self.global, *instructions) {
            function
                .instructions()
                .global_get(global)
                .f64_const(f64::from(*instructions).into())
                .f64_add()
                .global_set(global);
        }
        for instruction in piece.drain(..) {
            function.instruction(&instruction);
        }
        *instructions = 0;
    }
}

impl Reencode for Counter {
    type Error = Infallible;

    fn parse_global_section(
        &mut self,
        globals: &mut GlobalSection,
        section: GlobalSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        utils::parse_global_section(self, globals, section)?;
        self.global = Some(globals.len());
        // JavaScript reads it as a number, which is exact up to 2^53.
        let counter = GlobalType { val_type: ValType::F64, mutable: true, shared: false };
        globals.global(counter, &ConstExpr::f64_const(0.0.into()));
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: ExportSectionReader<'_>,
    ) -> Result<(), reencode::Error> {
        utils::parse_export_section(self, exports, section)?;
        if let Some(global) = self.global {
            exports.export(COUNTER, ExportKind::Global, global);
            self.is_exported = true;
        }
        Ok(())
    }

    fn parse_function_body(&mut self, code: &mut CodeSection, body: FunctionBody<'_>) -> Result<(), reencode::Error> {
        let mut function = self.new_function_with_parsed_locals(&body)?;
        let (mut piece, mut instructions) = (Vec::new(), 0);
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let operator = operators.read()?;
            let (is_instruction, ends) = (is_instruction(&operator), ends_piece(&operator));
            piece.push(self.instruction(operator)?);
            instructions += u32::from(is_instruction);
            if ends {
                self.write(&mut function, &mut piece, &mut instructions);
            }
        }
        code.function(&function);
        Ok(())
    }
}

fn is_instruction(operator: &Operator<'_>) -> bool {
    use Operator::{Block, Else, End, Loop, Nop};
    !matches!(operator, Block { .. } | Loop { .. } | Else | End | Nop)
}

/// Returns whether what follows may be executed more or less often.
fn ends_piece(operator: &Operator<'_>) -> bool {
    use Operator::{Br, BrIf, BrTable, Else, End, If, Loop, Return, Unreachable};
    matches!(
        operator,
        Loop { .. } | If { .. } | Else | End | Br { .. } | BrIf { .. } | BrTable { .. } | Return | Unreachable
    )
}
