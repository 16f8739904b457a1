//! A server spec has a tool that nobody wrote.

use mcpgen_runtime::{Contents, Context, Error};
use weather::{
    CurrentWeatherError, CurrentWeatherVariables, GetTemperatureInput, Temperature, Weather, WeatherError,
};

struct Handlers;

impl Weather for Handlers {
    async fn get_temperature(&self, _: &Context, input: GetTemperatureInput) -> Result<Temperature, WeatherError> {
        Ok(Temperature { city: input.city, temperature: 20.0, unit: input.unit })
    }

    async fn current_weather(&self, _: &Context, _: CurrentWeatherVariables) -> Result<Contents, CurrentWeatherError> {
        Ok("sunny".into())
    }

    async fn cities(&self, _: &Context) -> Result<Contents, Error> {
        Ok("[]".into())
    }

    async fn complete_city(&self, _: &Context, _: &str) -> Vec<String> {
        Vec::new()
    }
}

fn main() {
    weather::server(Handlers);
}
